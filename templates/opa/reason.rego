# Why: for people, and for logs. Nothing here decides.
package trackside.authz

import data.trackside.declared
import data.trackside.form
import data.trackside.member
import data.trackside.route

# `allow`; the `permission`, `api` and `route` that were asked about; the `roles` of the caller that count there;
# `granted_by`, those that allow it and the condition by which they do; `ignored`, what the API presented although git has
# the last word on it; and `missing`, what would have to be otherwise. `missing` is empty exactly where `allow` is true.
decision := {
	"allow": allow,
	"permission": asked.permission,
	"api": asked.api,
	"route": asked.route,
	"roles": asked.roles,
	"granted_by": asked.granted_by,
	"ignored": asked.ignored,
	"missing": missing,
}

default asked := {"permission": null, "api": null, "route": null, "roles": [], "granted_by": [], "ignored": []}

asked := {
	"permission": object.get(input, "action", object.get(route_found, "permission", null)),
	"api": object.get(input, "api", null),
	"route": object.get(route_found, "name", null),
	"roles": holdings,
	"granted_by": grants,
	"ignored": member.ignored,
} if {
	form.well_formed
}

default route_found := {}

route_found := route.found if form.question == "route"

missing contains sprintf("malformed input: %s", [fault]) if some fault in form.faults

missing contains sprintf("permission `%s` is not declared", [input.action]) if {
	form.well_formed
	form.question == "permission"
	not declared.permissions[input.action]
}

missing contains sprintf("api `%s` is not declared", [input.api]) if {
	form.well_formed
	form.question == "route"
	not declared.apis[input.api]
}

missing contains sprintf("api `%s` has no route `%s /%s`", [input.api, input.request.method, concat("/", input.request.path)]) if {
	form.well_formed
	form.question == "route"
	declared.apis[input.api]
	not route.found
}

missing contains "nobody is logged in" if {
	needs_a_permission
	form.anonymous
}

missing contains sprintf("`resource` is needed: `%s` is decided in its %s", [permission, scope]) if {
	needs_a_permission
	scope != "platform"
	form.absent(input, "resource")
}

missing contains sprintf("`resource.type` is `%s`, but `%s` is about a %s", [form.resource.type, permission, declared.permissions[permission].resource]) if {
	needs_a_permission
	form.resource.type != declared.permissions[permission].resource
}

missing contains sprintf("`resource.%s.id` is needed: `%s` is decided in the %s", [scope, permission, scope]) if {
	needs_a_permission
	form.resource.type
	not place_is_known
}

missing contains sprintf("`resource.id` is `%s`, but its own `resource.%s.id` is not", [form.resource.id, own_place]) if {
	needs_a_permission
	not place_is_itself
}

missing contains sprintf("project `%s` is declared, and team `%s` is not the one that owns it", [member.project, form.resource.team.id]) if {
	needs_a_permission
	not member.team_agrees
}

missing contains sprintf("the request does not name the resource that is presented (%s)", [target]) if {
	needs_a_permission
	form.question == "route"
	not route.names_the_resource
	target := concat(".", array.concat([route.found.target["in"]], route.found.target.name))
}

missing contains "the path names another project or team than the resource belongs to" if {
	needs_a_permission
	form.question == "route"
	not route.places_agree
}

missing contains sprintf("a subscription that is `%s`, of the team that owns the resource or else of a team of the caller", [route.found.subscription]) if {
	needs_a_permission
	form.question == "route"
	not subscription_agrees
}

missing contains "the caller holds no role that counts here" if {
	needs_a_role
	count(holdings) == 0
}

missing contains sprintf("none of the roles that count here holds `%s`", [permission]) if {
	needs_a_role
	count(holdings) > 0
	every holding in holdings {
		not usable(holding)
	}
}

missing contains sprintf("`%s` and `%s` are separated, and the caller holds both: %s", [permission, separation.other, separation.reason]) if {
	needs_a_role
	some separation in separations
}

missing contains sprintf("the route is only for %s", [narrowed]) if {
	needs_a_role
	some holding in holdings
	held(holding, permission)
	not listed(holding)
	roles := [sprintf("role `%s`", [role]) | some role in route.found.only.roles]
	platform_roles := [sprintf("platform-role `%s`", [role]) | some role in route.found.only.platform_roles]
	narrowed := concat(", ", array.concat(roles, platform_roles))
}

missing contains sprintf("condition `%s` does not hold: `resource.%s` %s the caller", [name, concat(".", condition.field), phrase]) if {
	needs_a_role
	some holding in holdings
	listed(holding)
	is_array(held(holding, permission))
	some name in held(holding, permission)
	condition := declared.conditions[name]
	phrase := {"is-user": "is not the id of", "has-user": "is not a list with the id of"}[condition.test]
}

usable(holding) if held(holding, permission) == true

usable(holding) if {
	is_array(held(holding, permission))
	count(held(holding, permission)) > 0
}

needs_a_permission if {
	form.well_formed
	declared.permissions[permission]
}

needs_a_role if {
	needs_a_permission
	not form.anonymous
	count(grants) == 0
}
