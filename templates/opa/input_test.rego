# What a caller may send, on rules that are made for it.
package trackside.input_test

import data.trackside.cases
import data.trackside.input as inputs

declared := {
	"inputs": {"project": {"fields": {
		"name": {"type": "text", "length": {"from": 1, "to": 10}, "optional": false},
		"framework": {"type": "text", "length": {"from": 0, "to": 1000}, "one_of": ["nodejs", "rust"], "optional": false, "default": "rust"},
		"repository": {"type": "text", "length": {"from": 0, "to": 100}, "pattern": "^(?:https://github\\.com/[a-z]+|none)$", "optional": true},
		"size": {"type": "number", "range": {"from": 1, "to": 5}, "optional": true},
		"weight": {"type": "number", "optional": true},
		"listed": {"type": "boolean", "optional": false, "default": false},
	}}},
	"apis": {"main": {"routes": {"POST": {"1": [{"parameters": [], "routes": {
		"projects": {"name": "POST /projects", "anonymous": true, "target": null, "places": {}, "input": "project"},
		"other": {"name": "POST /other", "anonymous": true, "target": null, "places": {}},
	}}]}}}},
}

asks(value) := {"input": "project", "value": value}

sends(path, body) := {"user": null, "api": "main", "request": {"method": "POST", "path": [path], "body": body}}

filled(value) := object.union({"framework": "rust", "listed": false}, value)

takes(value) := {"valid": true, "faults": set(), "value": value}

refuses(faults) := {"valid": false, "faults": faults, "value": null}

must_be_answered := {
	"the least": {"question": asks({"name": "a"}), "decision": takes(filled({"name": "a"}))},
	"everything": {
		"question": asks({"name": "größe", "framework": "nodejs", "repository": "https://github.com/acme", "size": 5, "weight": 0, "listed": true}),
		"decision": takes({"name": "größe", "framework": "nodejs", "repository": "https://github.com/acme", "size": 5, "weight": 0, "listed": true}),
	},
	"false is a value": {"question": asks({"name": "a", "listed": false}), "decision": takes(filled({"name": "a"}))},
	"nothing": {"question": asks({}), "decision": refuses({"field `name` is missing"})},
	"a part": {"question": object.union(asks({"size": 2}), {"partial": true}), "decision": takes({"size": 2})},
	"a part that is wrong": {"question": object.union(asks({"size": 9}), {"partial": true}), "decision": refuses({"field `size` is not a whole number between 1 and 5"})},
	"partial is a truth": {"question": object.union(asks({"size": 2}), {"partial": "yes"}), "decision": refuses({"field `name` is missing"})},
	"a field that nobody declared": {"question": asks({"name": "a", "admin": true}), "decision": refuses({"there is no field `admin`"})},
	"a name in another case": {"question": asks({"Name": "a"}), "decision": refuses({"there is no field `Name`", "field `name` is missing"})},
	"a text that is too short": {"question": asks({"name": ""}), "decision": refuses({"field `name` has not 1 to 10 characters"})},
	"a text that is too long": {"question": asks({"name": "aaaaaaaaaaa"}), "decision": refuses({"field `name` has not 1 to 10 characters"})},
	"ten characters of more bytes": {"question": asks({"name": "ääääääääää"}), "decision": takes(filled({"name": "ääääääääää"}))},
	"null": {"question": asks({"name": null}), "decision": refuses({"field `name` is not a text"})},
	"a number for a text": {"question": asks({"name": 5}), "decision": refuses({"field `name` is not a text"})},
	"a list for a text": {"question": asks({"name": ["a"]}), "decision": refuses({"field `name` is not a text"})},
	"a text that is not listed": {"question": asks({"name": "a", "framework": "Rust"}), "decision": refuses({"field `framework` is not one of nodejs, rust"})},
	"a text that does not match": {"question": asks({"name": "a", "repository": "https://github.com/acme/../evil"}), "decision": refuses({"field `repository` does not match its pattern"})},
	"a pattern is for the whole text": {"question": asks({"name": "a", "repository": "xnone"}), "decision": refuses({"field `repository` does not match its pattern"})},
	"a line break behind the pattern": {"question": asks({"name": "a", "repository": "none\n"}), "decision": refuses({"field `repository` does not match its pattern"})},
	"a fraction": {"question": asks({"name": "a", "size": 1.5}), "decision": refuses({"field `size` is not a whole number between 1 and 5"})},
	"a fraction without a range": {"question": asks({"name": "a", "weight": 1.5}), "decision": refuses({"field `weight` is not a whole number"})},
	"a text for a number": {"question": asks({"name": "a", "size": "3"}), "decision": refuses({"field `size` is not a whole number between 1 and 5"})},
	"a text for a truth": {"question": asks({"name": "a", "listed": "true"}), "decision": refuses({"field `listed` is not `true` or `false`"})},
	"a list": {"question": asks(["name"]), "decision": refuses({"an object is expected"})},
	"no value": {"question": {"input": "project"}, "decision": refuses({"an object is expected"})},
	"rules that nobody declared": {"question": {"input": "projects", "value": {}}, "decision": refuses({"no declared `input` has rules for this"})},
	"no rules": {"question": {"value": {"name": "a"}}, "decision": refuses({"no declared `input` has rules for this"})},
	"the body of a route": {"question": sends("projects", {"name": "a"}), "decision": takes(filled({"name": "a"}))},
	"a body that is wrong": {"question": sends("projects", {}), "decision": refuses({"field `name` is missing"})},
	"a route without rules": {"question": sends("other", {"name": "a"}), "decision": refuses({"no declared `input` has rules for this"})},
	"a route that nobody declared": {"question": sends("nothing", {"name": "a"}), "decision": refuses({"no declared `input` has rules for this"})},
}

test_answers if {
	asked := {note: answer | some note, it in must_be_answered; answer := answers(it)}
	cases.hold(asked, count(must_be_answered))
}

answers(it) if {
	decision := inputs.decision with input as it.question with data.trackside.declared as declared
	decision == it.decision
} else := false
