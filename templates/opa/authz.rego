# Whether the caller may do what is asked. Ask for `allow`, or for `decision` to be told why.
#
# Everything is denied that is not allowed by a rule below: a form that does not fit, a permission or route that nobody
# declared, a resource that is not the one the request names. `allow` never depends on the reasons that are given.
package trackside.authz

import data.trackside.declared
import data.trackside.form
import data.trackside.member
import data.trackside.route

default allow := false

allow if {
	form.well_formed
	form.question == "permission"
	resource_agrees
	count(grants) > 0
}

allow if {
	form.well_formed
	form.question == "route"
	resource_agrees
	route.names_the_resource
	route.places_agree
	subscription_agrees
	count(grants) > 0
}

# A route that needs nothing, not even a token.
allow if {
	form.well_formed
	form.question == "route"
	route.found.anonymous == true
}

# Whether the caller administers the system itself: a flag of declared people, which no role gives.
default system_administrator := false

system_administrator if {
	form.well_formed
	member.person.system_administrator == true
}

permission := input.action if form.question == "permission"

permission := route.found.permission if form.question == "route"

# Where the question is decided. A route without a target asks about the platform.
scope := declared.permissions[permission]["in"] if form.question == "permission"

scope := "platform" if route.found.target == null

scope := declared.permissions[permission]["in"] if is_object(route.found.target)

# The thing that is presented is of the kind that the permission is about, and says where it belongs.
default resource_agrees := false

resource_agrees if {
	scope == "platform"
	form.absent(input, "resource")
}

resource_agrees if {
	form.resource.type == declared.permissions[permission].resource
	place_is_known
	place_is_itself
	member.team_agrees
}

default place_is_known := false

place_is_known if scope == "platform"

place_is_known if {
	scope == "team"
	form.text(member.team)
}

place_is_known if {
	scope == "project"
	form.text(member.project)
}

# A project is in itself, and so is a team.
default place_is_itself := false

place_is_itself if form.absent(form.resource, "id")

place_is_itself if not own_place

place_is_itself if form.resource[own_place].id == form.resource.id

own_place := declared.resources[form.resource.type].place

# Every role of the caller that counts here. Platform roles count everywhere.
holdings contains {"platform_role": role, "in": "platform"} if some role in member.on_platform

holdings contains {"role": role, "in": "team", "of": member.team} if {
	scope in {"team", "project"}
	some role in member.in_team
}

holdings contains {"role": role, "in": "project", "of": member.project} if {
	scope == "project"
	some role in member.in_project
}

# What allows it: each role that holds the permission, with the condition by which it does (`null` where in any case).
grants contains object.union(holding, {"when": when}) if {
	not form.anonymous
	not separated
	some holding in holdings
	listed(holding)
	some when in satisfied(held(holding, permission))
}

# `only` binds everyone who is not listed, and the role that is listed must hold the permission itself.
listed(_) if not route.found.only

listed(holding) if holding.role in route.found.only.roles

listed(holding) if holding.platform_role in route.found.only.platform_roles

held(holding, asked_permission) := declared.roles[holding.role][asked_permission]

held(holding, asked_permission) := declared.platform_roles[holding.platform_role][asked_permission]

satisfied(conditions) := {null} if conditions == true

satisfied(conditions) := {name | some name in conditions; holds(declared.conditions[name])} if is_array(conditions)

# Duties that are separated stay so for roles that were granted at run time: who holds both here may use neither, unless by
# roles that are excepted.
separated if some _ in separations

separations contains separation if {
	some separation in declared.separations[permission]
	bound := {holding | some holding in holdings; not excepted(separation, holding)}
	some one in bound
	held(one, permission)
	some other in bound
	held(other, separation.other)
}

excepted(separation, holding) if holding.role in separation.except.roles

excepted(separation, holding) if holding.platform_role in separation.except.platform_roles

# The caller's id is a text that is not empty, so that a field that is missing, null or empty is nobody's.
holds(condition) if {
	condition.test == "is-user"
	object.get(form.resource, condition.field, null) == form.user.id
}

holds(condition) if {
	condition.test == "has-user"
	list := object.get(form.resource, condition.field, null)
	is_array(list)
	form.user.id in list
}

# The subscription is that of the team the resource belongs to. Where it belongs to none, and where the platform decides
# (something new is made), the caller must be in that team: nobody makes things on the subscription of others.
default subscription_agrees := false

subscription_agrees if not route.found.subscription

subscription_agrees if {
	input.subscription.status == route.found.subscription
	subscription_of_the_resource
	subscription_of_the_caller
}

subscription_of_the_resource if input.subscription.team == member.team

subscription_of_the_resource if not member.team

subscription_of_the_caller if count(member.in_paying_team) > 0

subscription_of_the_caller if {
	scope != "platform"
	member.team
}
