# What holds for every platform, on a small one that is made for it.
package trackside.authz_test

import data.trackside.authz
import data.trackside.cases

declared := {
	"resources": {"project": {"place": "project"}, "service": {}, "team": {"place": "team"}, "billing": {}},
	"permissions": {
		"project:create": {"resource": "project", "in": "platform"},
		"project:read": {"resource": "project", "in": "project"},
		"project:delete": {"resource": "project", "in": "project"},
		"service:create": {"resource": "service", "in": "project"},
		"service:deploy": {"resource": "service", "in": "project"},
		"team:invite": {"resource": "team", "in": "team"},
		"billing:manage": {"resource": "billing", "in": "team"},
	},
	"conditions": {
		"owner": {"field": ["owner_id"], "test": "is-user"},
		"project-owner": {"field": ["project", "owner_id"], "test": "is-user"},
		"shared": {"field": ["shared_with"], "test": "has-user"},
	},
	"roles": {
		"owner": {"project:read": true, "project:delete": true, "service:create": true, "service:deploy": true, "team:invite": true, "billing:manage": true},
		"admin": {"project:read": true, "project:delete": true, "team:invite": true},
		"developer": {"project:read": true, "service:create": true, "service:deploy": true},
		"accountant": {"billing:manage": true},
		"nothing": {"project:read": []},
	},
	"platform_roles": {
		"admin": {"project:create": true, "project:read": true, "project:delete": true, "billing:manage": true},
		"user": {"project:create": true, "project:read": ["owner"], "service:deploy": ["project-owner"]},
		"readonly": {"project:read": ["shared"]},
	},
	"separations": {
		"billing:manage": [{"other": "service:deploy", "reason": "who pays does not ship", "except": {"roles": ["owner"], "platform_roles": ["admin"]}}],
		"service:deploy": [{"other": "billing:manage", "reason": "who pays does not ship", "except": {"roles": ["owner"], "platform_roles": ["admin"]}}],
	},
	"persons": {
		"root@example.com": {"platform_role": "admin", "system_administrator": true},
		"ines@example.com": {"system_administrator": false},
	},
	"teams": {"payments": {"members": {"ana@example.com": ["owner"], "bo@example.com": ["developer"]}}},
	"projects": {
		"shop": {"team": "payments", "members": {"dee@example.com": ["admin"]}},
		"lone": {"members": {}},
	},
	"apis": {"main": {"routes": {
		"GET": {
			"1": [{"parameters": [], "routes": {"health": {"name": "GET /health", "anonymous": true, "target": null, "places": {}}}}],
			"2": [
				{"parameters": [], "routes": {"projects/new": {"name": "GET /projects/new", "permission": "project:create", "target": null, "places": {}}}},
				{"parameters": [1], "routes": {"projects/{}": {"name": "GET /projects/{project}", "permission": "project:read", "target": {"in": "path", "name": ["project"], "at": 1}, "places": {"project": 1}}}},
			],
			"4": [{"parameters": [1, 3], "routes": {"projects/{}/services/{}": {"name": "GET /projects/{project}/services/{service}", "permission": "service:deploy", "target": {"in": "path", "name": ["service"], "at": 3}, "places": {"project": 1}}}}],
		},
		"DELETE": {"2": [{"parameters": [1], "routes": {"projects/{}": {"name": "DELETE /projects/{project}", "permission": "project:delete", "target": {"in": "path", "name": ["project"], "at": 1}, "places": {"project": 1}, "only": {"roles": ["owner"], "platform_roles": []}}}}]},
		"POST": {
			"1": [{"parameters": [], "routes": {
				"projects": {"name": "POST /projects", "permission": "project:create", "target": null, "places": {}, "subscription": "active"},
				"deployments": {"name": "POST /deployments", "permission": "service:deploy", "target": {"in": "body", "name": ["spec", "service_id"]}, "places": {}, "subscription": "active"},
				"billing": {"name": "POST /billing", "permission": "billing:manage", "target": {"in": "query", "name": ["team_id"]}, "places": {}},
			}}],
			"3": [{"parameters": [1], "routes": {"projects/{}/services": {"name": "POST /projects/{project}/services", "permission": "service:create", "target": {"in": "path", "name": ["project"], "at": 1}, "places": {"project": 1}}}}],
		},
	}}},
}

# A project of the platform's runtime data, and one that git declares.
project := {"type": "project", "id": "p-1", "project": {"id": "p-1"}, "team": {"id": "t-1"}}

shop := {"type": "project", "id": "shop", "project": {"id": "shop"}, "team": {"id": "payments"}}

service := {"type": "service", "id": "s-1", "project": {"id": "p-1"}, "team": {"id": "t-1"}}

billing := {"type": "billing", "id": "t-1", "team": {"id": "t-1"}}

asks(user, action, resource) := {"user": object.union({"id": "u-1"}, user), "action": action, "resource": resource}

reads(user, resource) := asks(user, "project:read", resource)

sends(user, method, path, resource) := {
	"user": object.union({"id": "u-1"}, user),
	"api": "main",
	"request": {"method": method, "path": path},
	"resource": resource,
}

decided(question) := decision if {
	decision := authz.decision with input as question with data.trackside.declared as declared
}

allowed(question) if {
	decision := decided(question)
	decision.allow
	count(decision.missing) == 0
} else := false

denied(question) if {
	decision := decided(question)
	not decision.allow
	count(decision.missing) > 0
} else := false

# Each case is a question that must be allowed, or denied; its name says why.
test_allowed if cases.hold({note: allowed(question) | some note, question in must_be_allowed}, count(must_be_allowed))

must_be_allowed := {
	"by a role in the project": reads({"projects": {"p-1": ["developer"]}}, project),
	"by a role in the team that owns it": reads({"teams": {"t-1": ["developer"]}}, project),
	"by a platform role": reads({"platform_roles": ["admin"]}, project),
	"by a platform role whose condition holds": reads({"platform_roles": ["user"]}, object.union(project, {"owner_id": "u-1"})),
	"by a nested condition": asks({"platform_roles": ["user"]}, "service:deploy", object.union(service, {"project": {"owner_id": "u-1"}})),
	"by a list that holds the caller": reads({"platform_roles": ["readonly"]}, object.union(project, {"shared_with": ["u-2", "u-1"]})),
	"by one of several roles": reads({"projects": {"p-1": ["unknown", "nothing", "developer"]}}, project),
	"on the platform without a resource": asks({"platform_roles": ["user"]}, "project:create", null),
	"with null for what is absent": reads({"email": null, "email_verified": null, "platform_roles": null, "teams": null, "projects": {"p-1": ["admin"]}}, project),
	"a declared member of a team": asks({"email": "ana@example.com", "email_verified": true}, "team:invite", {"type": "team", "id": "payments", "team": {"id": "payments"}}),
	"a declared member of the team that owns a declared project": reads({"email": "bo@example.com", "email_verified": true}, {"type": "project", "id": "shop", "project": {"id": "shop"}}),
	"a declared member of a project": reads({"email": "dee@example.com", "email_verified": true}, shop),
	"a declared person by the declared platform role": reads({"email": "root@example.com", "email_verified": true}, shop),
	"a declared person without a declared platform role, by the presented one": reads({"email": "ines@example.com", "email_verified": true, "platform_roles": ["admin"]}, shop),
	"separated duties by a role that is excepted": asks({"teams": {"t-1": ["owner"]}}, "billing:manage", billing),
	"separated duties by an excepted role and another": asks({"teams": {"t-1": ["owner", "developer"]}}, "billing:manage", billing),
	"separated duties in two places": asks({"teams": {"t-1": ["accountant"], "t-2": ["developer"]}}, "billing:manage", billing),
	"a route": sends({"projects": {"p-1": ["admin"]}}, "GET", ["projects", "p-1"], project),
	"a route that needs nothing": {"api": "main", "request": {"method": "GET", "path": ["health"]}},
	"a word before a parameter": sends({"platform_roles": ["user"]}, "GET", ["projects", "new"], null),
	"a narrowed route, by a role that is listed": sends({"projects": {"p-1": ["owner"]}}, "DELETE", ["projects", "p-1"], project),
	"two names in a path": sends({"projects": {"p-1": ["developer"]}}, "GET", ["projects", "p-1", "services", "s-1"], service),
	"something new, named by where it will be": sends({"projects": {"p-1": ["developer"]}}, "POST", ["projects", "p-1", "services"], object.remove(service, ["id"])),
	"a subscription of the caller's team": object.union(sends({"platform_roles": ["user"], "teams": {"t-1": ["nothing"]}}, "POST", ["projects"], null), {"subscription": {"team": "t-1", "status": "active"}}),
	"a target in the body": object.union(sends({"projects": {"p-1": ["developer"]}}, "POST", ["deployments"], service), {"request": {"body": {"spec": {"service_id": "s-1"}}}, "subscription": {"team": "t-1", "status": "active"}}),
	"a target in the query": object.union(sends({"teams": {"t-1": ["accountant"]}}, "POST", ["billing"], billing), {"request": {"query": {"team_id": ["t-1"]}}}),
}

test_denied if cases.hold({note: denied(question) | some note, question in must_be_denied}, count(must_be_denied))

# Tests in Rust ask these of regorus as well.
must_be_denied := {
	"nobody": {"user": null, "action": "project:read", "resource": project},
	"somebody without a role": reads({}, project),
	"a role elsewhere": reads({"projects": {"p-2": ["owner"]}, "teams": {"t-2": ["owner"]}}, project),
	"a role that does not hold it": asks({"projects": {"p-1": ["developer"]}}, "project:delete", project),
	"a role that nobody declared": reads({"projects": {"p-1": ["root"]}}, project),
	"a platform role presented as a role": reads({"projects": {"p-1": ["readonly"]}}, object.union(project, {"shared_with": ["u-1"]})),
	"a role presented as a platform role": reads({"platform_roles": ["developer"]}, project),
	"an empty list of conditions": reads({"projects": {"p-1": ["nothing"]}}, project),
	"a permission that nobody declared": asks({"platform_roles": ["admin"]}, "project:*", project),
	"a star": asks({"platform_roles": ["admin"]}, "*:*", project),
	"a thing of another kind": reads({"projects": {"p-1": ["owner"]}}, service),
	"no thing": reads({"platform_roles": ["admin"]}, null),
	"a thing that is nowhere": asks({"platform_roles": ["admin"]}, "billing:manage", {"type": "billing", "id": "t-1"}),
	"a project that is not itself": reads({"projects": {"p-2": ["owner"]}}, {"type": "project", "id": "p-1", "project": {"id": "p-2"}}),
	"an owner that is missing": reads({"platform_roles": ["user"]}, project),
	"an owner that is null": reads({"platform_roles": ["user"]}, object.union(project, {"owner_id": null})),
	"an owner that is somebody else": reads({"platform_roles": ["user"]}, object.union(project, {"owner_id": "u-2"})),
	"an owner that is a list": reads({"platform_roles": ["user"]}, object.union(project, {"owner_id": ["u-1"]})),
	"an owner in another case": reads({"platform_roles": ["user"]}, object.union(project, {"owner_id": "U-1"})),
	"a condition of another thing": reads({"platform_roles": ["user"]}, object.union(project, {"project": {"owner_id": "u-1"}})),
	"shared with a text": reads({"platform_roles": ["readonly"]}, object.union(project, {"shared_with": "u-1"})),
	"shared with an object": reads({"platform_roles": ["readonly"]}, object.union(project, {"shared_with": {"u-1": "u-1"}})),
	"shared with a longer id": reads({"platform_roles": ["readonly"]}, object.union(project, {"shared_with": ["u-11"]})),
	"an id and an owner that are both missing": {"user": {"platform_roles": ["user"]}, "action": "project:read", "resource": project},
	"an id and an owner that are both null": {"user": {"id": null, "platform_roles": ["user"]}, "action": "project:read", "resource": object.union(project, {"owner_id": null})},
	"an id and an owner that are both empty": {"user": {"id": "", "platform_roles": ["user"]}, "action": "project:read", "resource": object.union(project, {"owner_id": ""})},
	"an id and an owner that are both a number": {"user": {"id": 7, "platform_roles": ["user"]}, "action": "project:read", "resource": object.union(project, {"owner_id": 7})},
	"presented roles in a declared team": asks({"teams": {"payments": ["owner"]}}, "team:invite", {"type": "team", "id": "payments", "team": {"id": "payments"}}),
	"presented roles in a declared project": reads({"projects": {"shop": ["owner"]}}, shop),
	"another team as the owner of a declared project": reads({"teams": {"t-1": ["owner"]}}, object.union(shop, {"team": {"id": "t-1"}})),
	"a team as the owner of a declared project without one": reads({"teams": {"t-1": ["owner"]}}, {"type": "project", "id": "lone", "project": {"id": "lone"}, "team": {"id": "t-1"}}),
	"a declared member with a higher role presented": asks({"email": "bo@example.com", "email_verified": true, "teams": {"payments": ["owner"]}}, "project:delete", shop),
	"a declared member whose address is not verified": reads({"email": "bo@example.com", "email_verified": false}, shop),
	"a declared member whose address nobody verified": reads({"email": "bo@example.com"}, shop),
	"a declared member in another spelling": reads({"email": "Bo@example.com", "email_verified": true}, shop),
	"a declared person whose address is not verified": reads({"email": "root@example.com"}, shop),
	"separated duties held together": asks({"teams": {"t-1": ["accountant", "developer"]}}, "billing:manage", billing),
	"separated duties, the other of them": asks({"teams": {"t-1": ["accountant"]}, "projects": {"p-1": ["developer"]}}, "service:deploy", service),
	"separated duties under a condition": asks({"teams": {"t-1": ["accountant"]}, "platform_roles": ["user"]}, "billing:manage", billing),
	"a narrowed route, by a role that is not listed": sends({"projects": {"p-1": ["admin"]}}, "DELETE", ["projects", "p-1"], project),
	"a narrowed route, by a platform administrator": sends({"platform_roles": ["admin"]}, "DELETE", ["projects", "p-1"], project),
	"an api that nobody declared": object.union(sends({"platform_roles": ["admin"]}, "GET", ["projects", "p-1"], project), {"api": "other"}),
	"a method that nobody declared": sends({"platform_roles": ["admin"]}, "PUT", ["projects", "p-1"], project),
	"HEAD for GET": sends({"platform_roles": ["admin"]}, "HEAD", ["projects", "p-1"], project),
	"a method in small letters": sends({"platform_roles": ["admin"]}, "get", ["projects", "p-1"], project),
	"a path in capitals": sends({"platform_roles": ["admin"]}, "GET", ["Projects", "p-1"], project),
	"the placeholder of a parameter as a path": sends({"platform_roles": ["admin"]}, "GET", ["projects", "{}"], project),
	"segments that make a path when joined": sends({"platform_roles": ["admin"]}, "GET", ["projects/p-1"], project),
	"another project than the path names": sends({"projects": {"p-1": ["owner"]}}, "GET", ["projects", "p-2"], project),
	"a service in another project than the path names": sends({"projects": {"p-1": ["developer"]}}, "GET", ["projects", "p-2", "services", "s-1"], service),
	"something new in another project than the path names": sends({"projects": {"p-1": ["developer"]}}, "POST", ["projects", "p-2", "services"], object.remove(service, ["id"])),
	"something that exists where something new is named": sends({"projects": {"p-1": ["developer"]}}, "POST", ["projects", "p-1", "services"], service),
	"another service than the body names": object.union(sends({"projects": {"p-1": ["developer"]}}, "POST", ["deployments"], service), {"request": {"body": {"spec": {"service_id": "s-2"}}}, "subscription": {"team": "t-1", "status": "active"}}),
	"a number in the body": object.union(sends({"projects": {"p-1": ["developer"]}}, "POST", ["deployments"], service), {"request": {"body": {"spec": {"service_id": 1}}}, "subscription": {"team": "t-1", "status": "active"}}),
	"a body that is a list": object.union(sends({"projects": {"p-1": ["developer"]}}, "POST", ["deployments"], service), {"request": {"body": ["s-1"]}, "subscription": {"team": "t-1", "status": "active"}}),
	"no body": object.union(sends({"projects": {"p-1": ["developer"]}}, "POST", ["deployments"], service), {"subscription": {"team": "t-1", "status": "active"}}),
	"a target that is sent twice": object.union(sends({"teams": {"t-1": ["accountant"]}}, "POST", ["billing"], billing), {"request": {"query": {"team_id": ["t-1", "t-2"]}}}),
	"a target that is not sent": sends({"teams": {"t-1": ["accountant"]}}, "POST", ["billing"], billing),
	"the subscription of a team by a role that nobody declared": object.union(sends({"platform_roles": ["user"], "teams": {"t-1": ["root"]}}, "POST", ["projects"], null), {"subscription": {"team": "t-1", "status": "active"}}),
	"no subscription": sends({"platform_roles": ["user"], "teams": {"t-1": ["nothing"]}}, "POST", ["projects"], null),
	"a subscription that lapsed": object.union(sends({"platform_roles": ["user"], "teams": {"t-1": ["nothing"]}}, "POST", ["projects"], null), {"subscription": {"team": "t-1", "status": "lapsed"}}),
	"the subscription of a team that the caller is not in": object.union(sends({"platform_roles": ["user"]}, "POST", ["projects"], null), {"subscription": {"team": "t-1", "status": "active"}}),
	"the subscription of a declared team that the caller only claims to be in": object.union(sends({"platform_roles": ["user"], "teams": {"payments": ["owner"]}}, "POST", ["projects"], null), {"subscription": {"team": "payments", "status": "active"}}),
	"the subscription of another team of the caller": object.union(sends({"projects": {"p-1": ["developer"]}, "teams": {"t-2": ["owner"]}}, "POST", ["deployments"], service), {"request": {"body": {"spec": {"service_id": "s-1"}}}, "subscription": {"team": "t-2", "status": "active"}}),
	"something new in a team that another subscription pays": object.union(sends({"platform_roles": ["user"], "teams": {"t-2": ["owner"]}}, "POST", ["projects"], {"type": "project", "team": {"id": "t-1"}}), {"subscription": {"team": "t-2", "status": "active"}}),
}

test_everything_is_denied_without_data if {
	not authz.allow with input as reads({"platform_roles": ["admin"]}, project) with data.trackside.declared as {}
}

test_a_decision_says_why if {
	question := reads({"platform_roles": ["user"], "projects": {"shop": ["owner"], "p-1": ["developer"]}}, object.union(project, {"owner_id": "u-1"}))
	authz.decision == {
		"allow": true,
		"permission": "project:read",
		"api": null,
		"route": null,
		"roles": {{"platform_role": "user", "in": "platform"}, {"role": "developer", "in": "project", "of": "p-1"}},
		"granted_by": {{"platform_role": "user", "in": "platform", "when": "owner"}, {"role": "developer", "in": "project", "of": "p-1", "when": null}},
		"ignored": set(),
		"missing": set(),
	} with input as question with data.trackside.declared as declared
}

test_a_decision_says_what_is_missing if {
	questions := {
		"nobody": {"question": {"user": null, "action": "project:read", "resource": project}, "missing": {"nobody is logged in"}},
		"a condition": {"question": reads({"platform_roles": ["user"]}, project), "missing": {"condition `owner` does not hold: `resource.owner_id` is not the id of the caller"}},
		"a role": {"question": asks({"projects": {"p-1": ["developer"]}}, "project:delete", project), "missing": {"none of the roles that count here holds `project:delete`"}},
		"a listed role": {"question": sends({"platform_roles": ["admin"]}, "DELETE", ["projects", "p-1"], project), "missing": {"the route is only for role `owner`"}},
		"a route": {"question": sends({}, "GET", ["nowhere"], null), "missing": {"api `main` has no route `GET /nowhere`"}},
		"a name": {"question": sends({"platform_roles": ["admin"]}, "GET", ["projects", "p-2"], project), "missing": {"the request does not name the resource that is presented (path.project)", "the path names another project or team than the resource belongs to"}},
		"a separation": {"question": asks({"teams": {"t-1": ["accountant", "developer"]}}, "billing:manage", billing), "missing": {"`billing:manage` and `service:deploy` are separated, and the caller holds both: who pays does not ship"}},
	}
	asked := {note: answer |
		some note, question in questions
		answer := decided(question.question).missing == question.missing
	}
	cases.hold(asked, count(questions))
}

test_what_is_ignored_is_said if {
	question := reads({"email": "root@example.com", "email_verified": true, "platform_roles": ["user"], "teams": {"payments": ["owner"]}, "projects": {"shop": ["owner"]}}, shop)
	ignored := authz.decision.ignored with input as question with data.trackside.declared as declared
	ignored == {"user.platform_roles", "user.teams.payments", "user.projects.shop"}
}

test_system_administrators_are_declared if {
	authz.system_administrator with input as reads({"email": "root@example.com", "email_verified": true}, shop) with data.trackside.declared as declared
	not authz.system_administrator with input as reads({"email": "root@example.com"}, shop) with data.trackside.declared as declared
	not authz.system_administrator with input as reads({"email": "ines@example.com", "email_verified": true, "system_administrator": true}, shop) with data.trackside.declared as declared
}
