# The form of `input`. Whatever is not exactly as written here is refused, whatever else the input says.
#
# A question is one of two:
#
#	{"user": USER, "action": "service:deploy", "resource": RESOURCE}
#	{"user": USER, "api": "NAME", "request": REQUEST, "resource": RESOURCE, "subscription": SUBSCRIPTION}
#
#	USER          null (nobody is logged in) or {"id": TEXT, "email": TEXT, "email_verified": BOOLEAN,
#	              "platform_roles": [TEXT], "teams": {TEAM ID: [TEXT]}, "projects": {PROJECT ID: [TEXT]}}
#	RESOURCE      {"type": TEXT, "id": TEXT, "project": {"id": TEXT, …}, "team": {"id": TEXT, …}, …}
#	REQUEST       {"method": TEXT, "path": [SEGMENT], "query": {NAME: [TEXT]}, "body": anything}
#	SUBSCRIPTION  {"team": TEXT, "status": TEXT}
#
# TEXT is a string that is not empty. A SEGMENT is a decoded part of the path. `null` is the same as absent. Only `id`
# of a user, project or team, `type`, `method`, `path`, and both parts of a subscription are required where their object
# is there. More fields may stand everywhere; conditions read them.
package trackside.form

default well_formed := false

well_formed if {
	is_object(input)
	user_fits
	question
	resource_fits
	subscription_fits
}

# Exactly one of the two questions: an input that asks both is answered by neither.
question := "permission" if {
	text(input.action)
	absent(input, "api")
	absent(input, "request")
}

question := "route" if {
	absent(input, "action")
	text(input.api)
	request_fits
}

# Nobody is logged in.
anonymous if absent(input, "user")

# What is presented of the caller and of the thing that is asked about; nothing where they are absent.
default user := {}

user := input.user if is_object(input.user)

default resource := {}

resource := input.resource if is_object(input.resource)

user_fits if anonymous

user_fits if {
	is_object(input.user)
	text(input.user.id)
	text_or_absent(input.user, "email")
	boolean_or_absent(input.user, "email_verified")
	names_or_absent(input.user, "platform_roles")
	memberships_or_absent(input.user, "teams")
	memberships_or_absent(input.user, "projects")
}

resource_fits if absent(input, "resource")

resource_fits if {
	is_object(input.resource)
	text(input.resource.type)
	text_or_absent(input.resource, "id")
	place_or_absent(input.resource, "project")
	place_or_absent(input.resource, "team")
}

request_fits if {
	is_object(input.request)
	text(input.request.method)
	is_array(input.request.path)
	every segment in input.request.path {
		segment_fits(segment)
	}
	query_fits
}

# Empty segments come of doubled and trailing slashes. Separators, dots and percent signs that survived decoding mean
# something else to whoever decodes once more.
segment_fits(segment) if {
	text(segment)
	not segment in {".", ".."}
	not contains(segment, "/")
	not contains(segment, "\\")
	not contains(segment, "%")
	not contains(segment, "\u0000")
}

query_fits if absent(input.request, "query")

query_fits if {
	is_object(input.request.query)
	every values in input.request.query {
		is_array(values)
		every value in values {
			is_string(value)
		}
	}
}

subscription_fits if absent(input, "subscription")

subscription_fits if {
	is_object(input.subscription)
	text(input.subscription.team)
	text(input.subscription.status)
}

absent(container, key) if not present(container, key)

present(container, key) if container[key] != null

text(value) if {
	is_string(value)
	value != ""
}

names(value) if {
	is_array(value)
	every name in value {
		text(name)
	}
}

text_or_absent(container, key) if absent(container, key)

text_or_absent(container, key) if text(container[key])

boolean_or_absent(container, key) if absent(container, key)

boolean_or_absent(container, key) if is_boolean(container[key])

names_or_absent(container, key) if absent(container, key)

names_or_absent(container, key) if names(container[key])

memberships_or_absent(container, key) if absent(container, key)

memberships_or_absent(container, key) if {
	is_object(container[key])
	every roles in container[key] {
		names(roles)
	}
}

place_or_absent(container, key) if absent(container, key)

place_or_absent(container, key) if {
	is_object(container[key])
	text(container[key].id)
}

# What does not fit, for people.
faults contains "`input` is an object" if not is_object(input)

faults contains "`user` is null or an object with `id` (text), `email` (text), `email_verified` (boolean), `platform_roles` (list of texts), `teams` and `projects` (role lists by id)" if {
	is_object(input)
	not user_fits
}

faults contains "there is either `action` (text), or `api` (text) and `request` with `method` (text), `path` (list of decoded segments, none empty) and `query` (lists of strings by name)" if {
	is_object(input)
	not question
}

faults contains "`resource` is an object with `type` (text), `id` (text), `project` and `team` (objects with `id`)" if {
	is_object(input)
	not resource_fits
}

faults contains "`subscription` is an object with `team` and `status` (texts)" if {
	is_object(input)
	not subscription_fits
}
