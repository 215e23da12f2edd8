# Whether what a caller sends is what the interface takes. Ask for `decision`: `valid`, the `faults` for people, and the
# `value` with the defaults of what was left out. A question about rules that nobody declared is answered by `valid: false`.
#
# The rules are named by `input`, with the value as `value`; or they are those of a route, with the value in the body:
#
#	{"input": "project", "value": {"name": "shop"}, "partial": true}
#	{"api": "NAME", "request": {"method": "POST", "path": ["projects"], "body": {"name": "shop"}}, …}
#
# `partial` takes a value that leaves out what must be there, for changes of what exists.
package trackside.input

import data.trackside.declared
import data.trackside.form
import data.trackside.route

decision := {"valid": valid, "faults": faults, "value": answered}

default valid := false

valid if count(faults) == 0

default answered := null

answered := value if {
	valid
	partial
}

answered := object.union(defaults, value) if {
	valid
	not partial
}

defaults := {name: rule["default"] | some name, rule in fields; has_default(rule)}

fields := declared.inputs[rules].fields

rules := input.input if form.text(input.input)

rules := route.found.input if {
	form.absent(input, "input")
	form.well_formed
	form.question == "route"
}

value := input.value if form.text(input.input)

value := input.request.body if form.absent(input, "input")

default partial := false

partial if input.partial == true

default sent := {}

# The names of what is sent.
sent := object.keys(value) if is_object(value)

faults contains "no declared `input` has rules for this" if not fields

faults contains "an object is expected" if {
	fields
	not is_an_object
}

# A rule of its own, because the negation of a question about nothing has no answer.
default is_an_object := false

is_an_object if is_object(value)

faults contains sprintf("there is no field `%s`", [name]) if {
	fields
	some name in sent
	not fields[name]
}

faults contains sprintf("field `%s` is missing", [name]) if {
	not partial
	is_an_object
	some name, rule in fields
	not name in sent
	not rule.optional
	not has_default(rule)
}

faults contains sprintf("field `%s` %s", [name, fault]) if {
	some name in sent
	some fault in field_faults(fields[name], value[name])
}

has_default(rule) if "default" in object.keys(rule)

# What is wrong with a value, by the rules of its field. Values are never repeated: they are the caller's own.
field_faults(rule, _) := set() if not rule

field_faults(rule, it) := {fault | some fault in text_faults(rule, it)} if rule.type == "text"

field_faults(rule, it) := {fault | some fault in number_faults(rule, it)} if rule.type == "number"

field_faults(rule, it) := set() if {
	rule.type == "boolean"
	is_boolean(it)
}

field_faults(rule, it) := {"is not `true` or `false`"} if {
	rule.type == "boolean"
	not is_boolean(it)
}

text_faults(_, it) := ["is not a text"] if not is_string(it)

text_faults(rule, it) := array.concat(length_faults(rule, it), array.concat(pattern_faults(rule, it), list_faults(rule, it))) if {
	is_string(it)
}

length_faults(rule, it) := [] if {
	count(it) >= rule.length.from
	count(it) <= rule.length.to
} else := [sprintf("has not %d to %d characters", [rule.length.from, rule.length.to])]

# The anchors are part of the pattern.
pattern_faults(rule, it) := ["does not match its pattern"] if {
	rule.pattern
	not regex.match(rule.pattern, it)
} else := []

list_faults(rule, it) := [sprintf("is not one of %s", [concat(", ", rule.one_of)])] if {
	rule.one_of
	not it in rule.one_of
} else := []

number_faults(rule, it) := [] if {
	is_whole(it)
	in_range(rule, it)
} else := [sprintf("is not a whole number between %d and %d", [rule.range.from, rule.range.to])] if {
	rule.range
} else := ["is not a whole number"]

is_whole(it) if {
	is_number(it)
	floor(it) == it
}

in_range(rule, _) if not rule.range

in_range(rule, it) if {
	it >= rule.range.from
	it <= rule.range.to
}
