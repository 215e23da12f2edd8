# Asks every question of the tables in `data.tests`, which were filled by the meaning of the declarations and not from the
# data that the policies read. What a table does not list must be denied. opa stops a test after five seconds: for a big
# platform give it more, `opa test -b . --timeout 10m`.
package trackside.matrix_test

import data.tests
import data.trackside.authz
import data.trackside.cases
import data.trackside.limit

# Every role and platform role, held in every place, with every condition, on every permission.
test_role_elsewhere if cases.hold(roles_held_in("elsewhere"), tests.count.roles / 4)

test_role_platform if cases.hold(roles_held_in("platform"), tests.count.roles / 4)

test_role_project if cases.hold(roles_held_in("project"), tests.count.roles / 4)

test_role_team if cases.hold(roles_held_in("team"), tests.count.roles / 4)

roles_held_in(place) := {note: answer |
	some name, places in tests.roles
	rows := places[place]
	some state in object.keys(tests.states)
	due := row(rows, state)
	some permission, kind in tests.permissions
	note := sprintf("%s, held in %s, %s, asks for %s", [name, place, said(state), permission])
	question := permission_question(permission, kind, state, {place: [name]})
	answer := allows(question, permission in due)
}

# Everybody whom git declares in a team or project, and somebody it does not. The API claims that each holds every role.
test_member if {
	asked := {note: answer |
		some name, place in tests.members
		some group in place.groups
		some email in group.emails
		some permission, kind in tests.permissions
		note := sprintf("%s in %s asks for %s", [whom(email), name, permission])
		question := json.patch(
			permission_question(permission, kind, "", {}),
			[
				{"op": "replace", "path": "/resource", "value": moved(tests.things[kind], place)},
				{"op": "add", "path": "/user/email", "value": email},
				{"op": "add", "path": "/user/email_verified", "value": true},
				{"op": "add", "path": sprintf("/user/%ss", [place.place]), "value": {place.id: tests.names}},
			],
		)
		answer := allows(question, permission in group.allowed)
	}
	cases.hold(asked, tests.count.members)
}

# Everybody whom git declares with or without a platform role. The API claims that each holds every one.
test_person if {
	asked := {note: answer |
		some group in tests.persons
		some email in group.emails
		some state in object.keys(tests.states)
		due := row(group.allowed, state)
		some permission, kind in tests.permissions
		note := sprintf("%s, %s, asks for %s", [email, said(state), permission])
		question := json.patch(
			permission_question(permission, kind, state, {"platform": tests.names}),
			[
				{"op": "add", "path": "/user/email", "value": email},
				{"op": "add", "path": "/user/email_verified", "value": true},
			],
		)
		answer := allows(question, permission in due)
	}
	cases.hold(asked, tests.count.persons)
}

# Every route, for every role held in every place, with every condition.
test_route_elsewhere if cases.hold(routes_for_roles_held_in("elsewhere"), tests.count.routes / 4)

test_route_platform if cases.hold(routes_for_roles_held_in("platform"), tests.count.routes / 4)

test_route_project if cases.hold(routes_for_roles_held_in("project"), tests.count.routes / 4)

test_route_team if cases.hold(routes_for_roles_held_in("team"), tests.count.routes / 4)

routes_for_roles_held_in(place) := {note: answer |
	some name, route in tests.routes
	rows := route.allowed[place]
	some state in object.keys(tests.states)
	due := row(rows, state)
	some role in tests.names
	note := sprintf("%s, for %s, held in %s, %s", [name, role, place, said(state)])
	question := route_question(route, state, {place: [role]})
	answer := explains(question, role in due)
}

# Nobody, and everything that can be wrong with a request that would pass.
test_route_denies if {
	asked := {note: answer |
		some name, route in tests.routes
		passing := passing_question(route)
		some flaw, broken in changes(route)
		note := sprintf("%s, with %s", [name, flaw])
		answer := explains(json.patch(passing, broken.patch), broken.allowed)
	}
	cases.hold(asked, tests.count.changes)
}

# Whose limits hold for everybody whom git declares and somebody it does not, about every declared project and about none. The
# API claims that each is everywhere, and that every team has the best tier.
test_limits if {
	tiers := {note: answer |
		some api, table in tests.limits
		some place in table.places
		some group in place.groups
		some email in group.emails
		note := sprintf("%s asks %s about %s", [whom(email), api, place.project])
		question := limit_question(api, place.project, email)
		due := {"tier": group.tier, "from": group.from, "key": table.key}
		answer := limits_are(question, due)
	}
	routes := {note: answer |
		some api, table in tests.limits
		some name, route in table.routes
		note := sprintf("%s: %s", [api, name])
		answer := counts_are({"user": null, "api": api, "request": route.request}, route.counters)
	}
	cases.hold(object.union(tiers, routes), tests.count.limits)
}

limit_question(api, project, email) := {
	"user": {
		"id": "User",
		"email": email,
		"email_verified": true,
		"teams": tests.claims.teams,
		"projects": tests.claims.projects,
	},
	"tiers": tests.claims.tiers,
	"api": api,
	"request": {"method": "X-METHOD", "path": []},
	"resource": about(project),
}

about(null) := null

about(project) := {"type": "project", "id": project, "project": {"id": project}} if project != null

limits_are(question, due) if {
	decision := limit.decision with input as question
	due == object.filter(decision, ["tier", "from", "key"])
} else := false

counts_are(question, due) if {
	decision := limit.decision with input as question
	counted := {counter.name: windows |
		some counter in decision.counters
		windows := [[window.count, window.seconds] | some window in counter.windows]
	}
	counted == due
} else := false

# Whether the policies say what is due.
allows(question, due) if {
	allow := authz.allow with input as question
	allow == due
} else := false

# Whether they do, and say why where they deny.
explains(question, due) if {
	decision := authz.decision with input as question
	decision.allow == due
	unexplained := count(decision.missing) == 0
	due == unexplained
} else := false

# A state that has no row of its own is like the state in which no condition holds.
row(rows, state) := object.get(rows, state, rows[""])

said("") := "no condition holds"

said(state) := sprintf("when %s", [state]) if state != ""

whom(null) := "somebody unknown"

whom(email) := email if email != null

permission_question(permission, kind, state, held) := {
	"user": user(tests.things[kind], state, held),
	"action": permission,
	"resource": object.union(tests.things[kind], tests.states[state].fields),
}

route_question(route, state, held) := {
	"user": subscribed(route, user(route.resource, state, held)),
	"api": route.api,
	"request": route.request,
	"resource": with_fields(route.resource, state),
	"subscription": route.subscription,
}

with_fields(null, _) := null

with_fields(resource, state) := object.union(resource, tests.states[state].fields) if is_object(resource)

user(resource, state, held) := {
	"id": caller(resource, state),
	"platform_roles": object.get(held, "platform", []),
	"projects": {
		"Project": object.get(held, "project", []),
		"Elsewhere": object.get(held, "elsewhere", []),
	},
	"teams": {
		"Team": object.get(held, "team", []),
		"Elsewhere": object.get(held, "elsewhere", []),
	},
}

caller(resource, state) := resource.id if tests.states[state].caller_is_thing

caller(resource, state) := "User" if not resource_is_caller(resource, state)

resource_is_caller(resource, state) if {
	tests.states[state].caller_is_thing
	resource.id
}

# Whose team pays, though the role there gives nothing.
subscribed(route, user) := user if route.subscription == null

subscribed(route, user) := object.union(user, {"teams": {"Team": array.concat(user.teams.Team, ["Member"])}}) if {
	is_object(route.subscription)
}

# The same thing in a declared team or project. Of a declared project the team is known and need not be presented.
moved(thing, place) := object.union(thing, {"id": moved_id(thing, place), "team": {"id": place.id}}) if {
	place.place == "team"
}

moved(thing, place) := object.union(
	object.remove(thing, {"team"}),
	{"id": moved_id(thing, place), "project": {"id": place.id}},
) if {
	place.place == "project"
}

moved_id(thing, place) := place.id if tests.itself[thing.type] == place.place

moved_id(thing, place) := thing.id if object.get(tests.itself, thing.type, "") != place.place

# A question that passes, where there is one.
passing_question(route) := question if {
	passing := [route_question(route, state, {place: [role]}) |
		some place, rows in route.allowed
		some state, roles in rows
		some role in roles
	]
	question := passing[0]
}

changes(route) := object.union_n([
	malformed,
	{"nobody is logged in": change(route.anonymous, [replace("/user", null)])},
	changes_of_resource(route),
	changes_of_query(route),
	changes_of_subscription(route),
])

malformed := {
	"a caller without an id": change(false, [{"op": "remove", "path": "/user/id"}]),
	"a method that nobody declared": change(false, [replace("/request/method", "X-METHOD")]),
	"a trailing slash": change(false, [{"op": "add", "path": "/request/path/-", "value": ""}]),
	"a parent directory": change(false, [{"op": "add", "path": "/request/path/-", "value": ".."}]),
	"a path that is not split": change(false, [replace("/request/path", "/")]),
	"another api": change(false, [replace("/api", "Other")]),
	"no api": change(false, [{"op": "remove", "path": "/api"}]),
	"no request": change(false, [{"op": "remove", "path": "/request"}]),
	"a permission is asked as well": change(false, [{"op": "add", "path": "/action", "value": "project:read"}]),
}

changes_of_resource(route) := {} if route.target == null

changes_of_resource(route) := {
	"no resource": change(false, [replace("/resource", null)]),
	"a thing of another kind": change(false, [replace("/resource/type", "Other")]),
	"another thing than is named": change(false, [replace("/resource/id", "Another")]),
} if {
	route.target != null
	route.resource.id
}

# What does not exist yet is named by where it will be.
changes_of_resource(route) := {
	"no resource": change(false, [replace("/resource", null)]),
	"a thing of another kind": change(false, [replace("/resource/type", "Other")]),
	"another place than is named": change(false, [
		replace("/resource/project/id", "Another"),
		replace("/resource/team/id", "Another"),
	]),
} if {
	route.target != null
	not route.resource.id
}

changes_of_query(route) := {
	"the target is sent twice": change(false, [{"op": "add", "path": sprintf("/request/query/%s/-", [route.query]), "value": "Another"}]),
	"the target is not sent": change(false, [{"op": "remove", "path": "/request/query"}]),
} if {
	route.query
} else := {}

changes_of_subscription(route) := {
	"no subscription": change(false, [replace("/subscription", null)]),
	"a subscription that lapsed": change(false, [replace("/subscription/status", "Lapsed")]),
	"the subscription of others": change(false, [replace("/subscription/team", "Other")]),
} if {
	is_object(route.subscription)
} else := {}

change(allowed, patch) := {"allowed": allowed, "patch": patch}

replace(path, value) := {"op": "replace", "path": path, "value": value}
