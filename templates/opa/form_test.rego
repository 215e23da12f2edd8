# Inputs whose form does not fit, each made of one that does.
package trackside.form_test

import data.trackside.cases
import data.trackside.form

question := {
	"user": {
		"id": "u-1",
		"email": "ana@example.com",
		"email_verified": true,
		"platform_roles": ["user"],
		"teams": {"t-1": ["owner"]},
		"projects": {"p-1": ["owner"]},
	},
	"action": "project:read",
	"resource": {"type": "project", "id": "p-1", "project": {"id": "p-1"}, "team": {"id": "t-1"}},
}

route := object.union(object.remove(question, ["action"]), {
	"api": "main",
	"request": {"method": "GET", "path": ["projects", "p-1"], "query": {"a": ["b"]}, "body": {"a": "b"}},
	"subscription": {"team": "t-1", "status": "active"},
})

# What no text, list, object or flag is, beside what each place adds.
strange := [7, 1.5, {"a": "b"}, ["a"], [], {}, "", false, [null], [[]], [""], {"": null}]

texts := [value | some value in strange; not is_string(value)]

lists := [value | some value in strange; not is_array(value)]

objects := [value | some value in strange; not is_object(value)]

test_what_fits if {
	inputs := {
		"a permission": question,
		"a route": route,
		"a route at the root": json.patch(route, [{"op": "replace", "path": "/request/path", "value": []}]),
		"nobody": json.patch(question, [{"op": "replace", "path": "/user", "value": null}]),
		"no resource": json.patch(question, [{"op": "remove", "path": "/resource"}]),
		"fields of the API's own": json.patch(question, [{"op": "add", "path": "/resource/owner_id", "value": 7}]),
	}
	cases.hold({note: fits(value) | some note, value in inputs}, count(inputs))
}

test_what_does_not_fit if {
	places := {
		"/user": objects,
		"/user/id": array.concat(["", null], texts),
		"/user/email": array.concat([""], texts),
		"/user/email_verified": ["true", 1, "", []],
		"/user/platform_roles": array.concat(["user", [7], [null], [["user"]]], lists),
		"/user/teams": array.concat(["t-1", ["t-1"]], objects),
		"/user/teams/t-1": array.concat(["owner", [7]], lists),
		"/user/projects": array.concat(["p-1", ["p-1"]], objects),
		"/user/projects/p-1": array.concat(["owner", [7]], lists),
		"/action": array.concat(["", null], texts),
		"/api": ["main", "", 7],
		"/request": [{}, "", {"method": "GET", "path": []}],
		"/resource": objects,
		"/resource/type": array.concat(["", null], texts),
		"/resource/id": array.concat([""], texts),
		"/resource/project": array.concat(["p-1", {"name": "p-1"}, {"id": ""}, {"id": 7}, {"id": null}], objects),
		"/resource/team": array.concat(["t-1", {"id": ["t-1"]}], objects),
		"/subscription": [{}, "active", {"team": "t-1"}, {"status": "active"}, {"team": "", "status": "active"}],
	}
	asked := {note: answer |
		some place, values in places
		some value in values
		note := sprintf("%s is %s", [place, json.marshal(value)])
		answer := does_not_fit(json.patch(question, [{"op": "add", "path": place, "value": value}]))
	}
	cases.hold(asked, count({[place, value] | some place, values in places; some value in values}))
}

test_what_does_not_fit_a_route if {
	places := {
		"/action": ["project:read", "", 7],
		"/api": array.concat(["", null], texts),
		"/request": array.concat(["GET /", null], objects),
		"/request/method": array.concat(["", null], texts),
		"/request/path": array.concat(["/projects/p-1", "projects", null, {"0": "projects"}, [7], [["projects"]]], [value | some value in lists]),
		"/request/path/1": ["", ".", "..", "a/b", "..\\b", "%2e%2e", "a%2fb", "a\u0000", null, 7],
		"/request/query": ["a=b", [["a", "b"]], {"a": "b"}, {"a": null}, {"a": [7]}, {"a": {"0": "b"}}],
	}
	asked := {note: answer |
		some place, values in places
		some value in values
		note := sprintf("%s is %s", [place, json.marshal(value)])
		answer := does_not_fit(json.patch(route, [{"op": "add", "path": place, "value": value}]))
	}
	cases.hold(asked, count({[place, value] | some place, values in places; some value in values}))
}

test_an_input_that_is_no_object_does_not_fit if {
	inputs := {null, 7, "", "x", [], [question], true}
	cases.hold({json.marshal(value): does_not_fit(value) | some value in inputs}, count(inputs))
}

test_no_input_does_not_fit if {
	not form.well_formed
}

fits(value) if {
	form.well_formed with input as value
	count(form.faults) == 0 with input as value
} else := false

does_not_fit(value) if {
	not form.well_formed with input as value
	faults := form.faults with input as value
	count(faults) > 0
} else := false
