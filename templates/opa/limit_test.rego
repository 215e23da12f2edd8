# Which limits hold, on a small platform that is made for it.
package trackside.limit_test

import data.trackside.cases
import data.trackside.limit

declared := {
	"permissions": {"project:read": {"resource": "project", "in": "project"}},
	"resources": {"project": {"place": "project"}},
	"rate_tiers": {
		"free": {"rank": 0, "limits": {"requests": [{"count": 100, "seconds": 900}], "deployments": [{"count": 10, "seconds": 3600}]}},
		"pro": {"rank": 1, "limits": {"requests": [{"count": 1000, "seconds": 900}], "deployments": [{"count": 100, "seconds": 3600}]}},
		"enterprise": {"rank": 2, "limits": {"requests": [{"count": 50, "seconds": 1}, {"count": 10000, "seconds": 900}], "deployments": [{"count": 1000, "seconds": 3600}]}},
	},
	"member_tiers": {"ana@example.com": "pro", "ines@example.com": "enterprise"},
	"teams": {
		"platform": {"rate_tier": "enterprise", "members": {"ines@example.com": ["admin"]}},
		"payments": {"rate_tier": "pro", "members": {"ana@example.com": ["owner"]}},
		"data": {"members": {"cy@example.com": ["owner"]}},
	},
	"projects": {
		"shop": {"team": "payments", "members": {"dee@example.com": ["viewer"]}},
		"numbers": {"team": "data", "members": {}},
		"lone": {"members": {"ana@example.com": ["viewer"]}},
	},
	"apis": {
		"main": {
			"limits": {
				"key": {"by": "user", "anonymous": "free"},
				"counters": {"requests": {"routes": "every", "only": null}, "deployments": {"routes": "named", "only": "failed"}},
				"slow_down": {"counter": "requests", "from": 50, "add_ms": 500, "up_to_ms": 10000},
			},
			"routes": {
				"GET": {"2": [{"parameters": [1], "routes": {
					"projects/{}": {"name": "GET /projects/{project}", "permission": "project:read", "target": {"in": "path", "name": ["project"], "at": 1}, "places": {"project": 1}},
					"teams/{}": {"name": "GET /teams/{team}", "anonymous": true, "target": null, "places": {"team": 1}},
				}}]},
				"POST": {"1": [{"parameters": [], "routes": {"deployments": {"name": "POST /deployments", "permission": "project:read", "target": {"in": "body", "name": ["project_id"]}, "places": {}, "counter": "deployments"}}}]},
			},
		},
		"by-address": {"limits": {"key": {"by": "address", "anonymous": "free"}, "counters": {"requests": {"routes": "every", "only": null}}}, "routes": {}},
		"unlimited": {"limits": {"counters": {}}, "routes": {}},
	},
}

named(email) := {"id": "u-1", "email": email, "email_verified": true}

reads(project) := {"api": "main", "request": {"method": "GET", "path": ["projects", project]}}

deploys := {"api": "main", "request": {"method": "POST", "path": ["deployments"], "body": {"project_id": "shop"}}}

asks(user, request) := object.union(request, {"user": user})

windows(tier, counter) := declared.rate_tiers[tier].limits[counter]

requests(tier) := {"name": "requests", "only": null, "windows": windows(tier, "requests")}

deployments(tier) := {"name": "deployments", "only": "failed", "windows": windows(tier, "deployments")}

main(tier, from, key, counters) := {
	"tier": tier,
	"from": from,
	"key": key,
	"counters": counters,
	"slow_down": declared.apis.main.limits.slow_down,
}

of_reading(tier, from) := main(tier, from, "user", [requests(tier)])

# What the answer is to each question.
must_be_answered := {
	"nobody": {
		"question": asks(null, reads("p-1")),
		"decision": main("free", "nobody", "address", [requests("free")]),
	},
	"nobody, about a rich project": {
		"question": asks(null, reads("shop")),
		"decision": main("free", "nobody", "address", [requests("free")]),
	},
	"somebody without a team": {
		"question": asks({"id": "u-1"}, reads("p-1")),
		"decision": of_reading("free", "nobody"),
	},
	"a member of the team that owns the project": {
		"question": asks(named("ana@example.com"), reads("shop")),
		"decision": of_reading("pro", "project"),
	},
	"a member of the project alone": {
		"question": asks(named("dee@example.com"), reads("shop")),
		"decision": of_reading("pro", "project"),
	},
	"somebody who has nothing to do with the project": {
		"question": asks(named("cy@example.com"), reads("shop")),
		"decision": of_reading("free", "nobody"),
	},
	"an address that is not verified": {
		"question": asks({"id": "u-1", "email": "ana@example.com"}, reads("shop")),
		"decision": of_reading("free", "nobody"),
	},
	"the project of a better team than one's own": {
		"question": asks(named("ana@example.com"), reads("lone")),
		"decision": of_reading("pro", "team"),
	},
	"a project whose team has no tier": {
		"question": asks(named("cy@example.com"), reads("numbers")),
		"decision": of_reading("free", "nobody"),
	},
	"the project counts before better teams": {
		"question": object.union(asks(object.union(named("ines@example.com"), {"projects": {"p-1": ["viewer"]}}), reads("p-1")), {"resource": {"type": "project", "id": "p-1", "project": {"id": "p-1"}, "team": {"id": "t-1"}}, "tiers": {"t-1": "pro"}}),
		"decision": of_reading("pro", "project"),
	},
	"the best of several teams": {
		"question": object.union(asks(object.union(named("ana@example.com"), {"teams": {"t-1": [], "t-2": []}}), reads("p-1")), {"tiers": {"t-1": "enterprise", "t-2": "free"}}),
		"decision": of_reading("enterprise", "team"),
	},
	"a tier that nobody declared": {
		"question": object.union(asks({"id": "u-1", "teams": {"t-1": []}}, reads("p-1")), {"tiers": {"t-1": "gold"}}),
		"decision": of_reading("free", "nobody"),
	},
	"another tier for a declared team": {
		"question": object.union(asks({"id": "u-1", "teams": {"payments": ["owner"]}}, reads("p-1")), {"tiers": {"payments": "enterprise"}}),
		"decision": of_reading("free", "nobody"),
	},
	"the tier of a team without being in it": {
		"question": object.union(asks({"id": "u-1", "teams": {"t-2": []}}, reads("p-1")), {"tiers": {"t-1": "enterprise"}}),
		"decision": of_reading("free", "nobody"),
	},
	"a team that the path names": {
		"question": object.union(asks({"id": "u-1", "teams": {"t-1": []}}, {"api": "main", "request": {"method": "GET", "path": ["teams", "t-1"]}}), {"tiers": {"t-1": "pro"}}),
		"decision": of_reading("pro", "project"),
	},
	"a route with a counter of its own": {
		"question": asks(named("ana@example.com"), deploys),
		"decision": main("pro", "team", "user", [deployments("pro"), requests("pro")]),
	},
	"a route that nobody declared": {
		"question": asks({"id": "u-1"}, {"api": "main", "request": {"method": "GET", "path": ["nothing", "like", "it"]}}),
		"decision": of_reading("free", "nobody"),
	},
	"an api that tells callers apart by address": {
		"question": asks(named("ana@example.com"), {"api": "by-address", "request": {"method": "GET", "path": []}}),
		"decision": {"tier": "pro", "from": "team", "key": "address", "counters": [requests("pro")], "slow_down": null},
	},
	"an api that counts nothing": {
		"question": asks({"id": "u-1"}, {"api": "unlimited", "request": {"method": "GET", "path": []}}),
		"decision": {"tier": null, "from": "nobody", "key": null, "counters": [], "slow_down": null},
	},
}

# What makes no sense has no answer, and no limits that would be too high.
must_be_undefined := {
	"no api": {"user": null, "request": {"method": "GET", "path": []}},
	"an api that nobody declared": {"user": null, "api": "other", "request": {"method": "GET", "path": []}},
	"a path that is not split": {"user": null, "api": "main", "request": {"method": "GET", "path": "/"}},
	"a permission": {"user": {"id": "u-1"}, "action": "project:read"},
	"tiers that are no texts": object.union(asks({"id": "u-1"}, reads("p-1")), {"tiers": {"t-1": ["pro"]}}),
	"tiers that are no object": object.union(asks({"id": "u-1"}, reads("p-1")), {"tiers": ["pro"]}),
}

test_answers if {
	asked := {note: answer | some note, it in must_be_answered; answer := answers(it)}
	cases.hold(asked, count(must_be_answered))
}

test_no_answers if {
	asked := {note: answer | some note, question in must_be_undefined; answer := is_undefined(question)}
	cases.hold(asked, count(must_be_undefined))
}

answers(it) if {
	decision := limit.decision with input as it.question with data.trackside.declared as declared
	decision == it.decision
} else := false

is_undefined(question) := false if {
	_ := limit.decision with input as question with data.trackside.declared as declared
} else := true
