# What is left out of decision logs. OPA asks for `mask` where its configuration says so:
#
#	decision_logs:
#	  mask_decision: /trackside/log/mask
#
# Here `input` is what is about to be logged: the question as `input.input` and the answer as `input.result`. Kept is what
# policies read to decide: ids, roles, methods, paths. Everything else that callers and services send may be about people, and
# is erased. What nobody thought of is erased as well.
package trackside.log

import data.trackside.declared

# People by their address of mail, and where a request came from.
mask contains "/input/user/email" if input.input.user.email

mask contains sprintf("/input/user/%s", [key]) if {
	some key in keys(input.input.user)
	not key in {"id", "email", "email_verified", "platform_roles", "teams", "projects"}
	plain(key)
}

# What a caller sends. Of a body or query the name of the target is kept: the resource that it names is logged by its id.
mask contains "/input/value" if present(input.input, "value")

mask contains sprintf("/input/request/%s", [key]) if {
	some key in keys(input.input.request)
	not key in {"method", "path"}
	plain(key)
}

# Of a thing, what conditions read is kept, ids of users; but nothing that a column of this name keeps about a person.
mask contains sprintf("/input/resource/%s", [key]) if {
	some key in keys(input.input.resource)
	not key in {"type", "id", "project", "team"}
	not kept([key])
	plain(key)
}

mask contains sprintf("/input/resource/%s/%s", [place, key]) if {
	some place in {"project", "team"}
	some key in keys(input.input.resource[place])
	key != "id"
	not kept([place, key])
	plain(key)
}

mask contains sprintf("/input/subscription/%s", [key]) if {
	some key in keys(input.input.subscription)
	not key in {"team", "status"}
	plain(key)
}

# A path names things by their ids. One with an address of mail in it names a person, and so does an answer that repeats it.
mask contains "/input/request/path" if names_a_person

mask contains "/result/missing" if {
	names_a_person
	present(input.result, "missing")
}

names_a_person if {
	some segment in input.input.request.path
	contains(segment, "@")
}

# Anything beside the parts of a question.
mask contains sprintf("/input/%s", [key]) if {
	some key in keys(input.input)
	not key in {"user", "action", "api", "request", "resource", "subscription", "tiers", "input", "partial"}
	plain(key)
}

# A key that cannot be written in a path takes what it stands in with it.
mask contains sprintf("/input/%s", [part]) if {
	some part in {"user", "request", "resource", "subscription"}
	some key in keys(input.input[part])
	not plain(key)
}

mask contains sprintf("/input/resource/%s", [place]) if {
	some place in {"project", "team"}
	some key in keys(input.input.resource[place])
	not plain(key)
}

mask contains "/input" if {
	some key in keys(input.input)
	not plain(key)
}

mask contains "/input" if {
	present(input, "input")
	not is_object(input.input)
}

# A part that is no object holds whatever was sent in its place.
mask contains sprintf("/input/%s", [part]) if {
	some part in {"user", "request", "resource", "subscription", "tiers"}
	present(input.input, part)
	not is_object(input.input[part])
}

# The answer to a question about a value repeats the value, and names that the caller made up.
mask contains sprintf("/result/%s", [key]) if {
	some key in {"value", "faults"}
	present(input.result, key)
}

kept(path) if {
	path in read
	not path[count(path) - 1] in declared.personal
}

# The fields that conditions read, as far as their first two parts.
read contains condition.field if {
	some condition in declared.conditions
	count(condition.field) == 1
}

read contains array.slice(condition.field, 0, 2) if {
	some condition in declared.conditions
	count(condition.field) > 1
}

keys(container) := object.keys(container) if is_object(container)

present(container, key) if {
	is_object(container)
	container[key] != null
}

# OPA takes paths apart at `/` and decodes what is between.
plain(key) if regex.match(`^[A-Za-z0-9_-]+$`, key)
