# What is erased from logs.
package trackside.log_test

import data.trackside.cases
import data.trackside.log

declared := {"personal": ["email", "phone"], "conditions": {
	"known": {"field": ["email"], "test": "is-user"},
	"reachable": {"field": ["project", "phone"], "test": "is-user"},
	"owner": {"field": ["owner_id"], "test": "is-user"},
	"project-owner": {"field": ["project", "owner_id"], "test": "is-user"},
	"deep": {"field": ["team", "lead", "id"], "test": "is-user"},
	"deeper": {"field": ["spec", "owner", "id"], "test": "is-user"},
}}

must_be_erased := {
	"who is known by an address": {
		"event": {"input": {"user": {"id": "u-1", "email": "ana@example.com", "email_verified": true, "platform_roles": [], "teams": {}, "projects": {}}, "action": "project:read"}},
		"mask": {"/input/user/email"},
	},
	"more about the user": {
		"event": {"input": {"user": {"id": "u-1", "name": "Ana", "address": "203.0.113.7"}}},
		"mask": {"/input/user/name", "/input/user/address"},
	},
	"what a caller sends": {
		"event": {"input": {"api": "main", "request": {"method": "POST", "path": ["projects"], "query": {"q": ["ana"]}, "body": {"name": "a"}, "headers": {}, "address": "203.0.113.7"}}},
		"mask": {"/input/request/query", "/input/request/body", "/input/request/headers", "/input/request/address"},
	},
	"what conditions do not read": {
		"event": {"input": {"resource": {
			"type": "project", "id": "p-1", "owner_id": "u-1", "name": "a", "spec": {"owner": {"id": "u-1", "name": "Ana"}},
			"project": {"id": "p-1", "owner_id": "u-1", "name": "a"}, "team": {"id": "t-1", "lead": {"id": "u-1"}, "mail": "t@example.com"},
		}}},
		"mask": {"/input/resource/name", "/input/resource/spec", "/input/resource/project/name", "/input/resource/team/mail"},
	},
	"what conditions read about a person": {
		"event": {"input": {"resource": {"type": "project", "id": "p-1", "email": "ana@example.com", "project": {"id": "p-1", "phone": "1", "owner_id": "u-1"}}}},
		"mask": {"/input/resource/email", "/input/resource/project/phone"},
	},
	"a value and what is said of it": {
		"event": {"input": {"input": "project", "value": {"name": "a"}, "partial": true}, "result": {"valid": false, "faults": ["there is no field `a`"], "value": {"name": "a"}}},
		"mask": {"/input/value", "/result/value", "/result/faults"},
	},
	"anything beside the question": {
		"event": {"input": {"action": "project:read", "address": "203.0.113.7", "comment": "for Ana"}},
		"mask": {"/input/address", "/input/comment"},
	},
	"keys that no path can name": {
		"event": {"input": {
			"user": {"id": "u-1", "a/b": 1},
			"request": {"method": "GET", "path": [], "ana@example.com": 1},
			"resource": {"type": "project", "project": {"id": "p-1", "a b": 1}},
		}},
		"mask": {"/input/user", "/input/request", "/input/resource/project"},
	},
	"a key beside the question that no path can name": {"event": {"input": {"ana@example.com": 1}}, "mask": {"/input"}},
	"a question that is none": {"event": {"input": "ana@example.com"}, "mask": {"/input"}},
	"parts that are no objects": {
		"event": {"input": {"user": "ana@example.com", "request": "GET /", "resource": ["a"], "subscription": 1, "tiers": "pro"}},
		"mask": {"/input/user", "/input/request", "/input/resource", "/input/subscription", "/input/tiers"},
	},
	"what comes with a subscription": {
		"event": {"input": {"subscription": {"team": "t-1", "status": "active", "card": "4242"}}},
		"mask": {"/input/subscription/card"},
	},
	"a path that names a person": {
		"event": {"input": {"api": "main", "request": {"method": "GET", "path": ["users", "ana@example.com"]}}, "result": {"allow": false, "missing": ["api `main` has no route `GET /users/ana@example.com`"]}},
		"mask": {"/input/request/path", "/result/missing"},
	},
	"no question": {"event": {"result": true}, "mask": set()},
	"an answer that is a truth": {"event": {"input": {"action": "project:read"}, "result": false}, "mask": set()},
}

test_mask if {
	asked := {note: answer | some note, it in must_be_erased; answer := answers(it)}
	cases.hold(asked, count(must_be_erased))
}

answers(it) if {
	mask := log.mask with input as it.event with data.trackside.declared as declared
	mask == it.mask
} else := false
