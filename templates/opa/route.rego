# Which route a request is, and whether the resource that is presented is the one that the request names.
#
# Routes are kept by method, number of segments and shape (where parameters stand), so that a request costs one look-up
# per shape. Shapes are listed with words before parameters, from the left: the first that knows the path is the route.
package trackside.route

import data.trackside.declared
import data.trackside.form

# The route and its place in the list of shapes.
found := matches[0]

# Every look-up is of a whole path in the routes of one shape, so a segment that looks like a placeholder (`{}`) matches
# nothing but a parameter.
matches := [route |
	some shape in declared.apis[input.api].routes[input.request.method][format_int(count(input.request.path), 10)]
	route := shape.routes[concat("/", masked(shape))]
]

masked(shape) := [part |
	some at, segment in input.request.path
	part := masked_segment(shape, at, segment)
]

masked_segment(shape, at, _) := "{}" if at in shape.parameters

masked_segment(shape, at, segment) := segment if not at in shape.parameters

# What the request calls the resource. Undefined where it does not, or in two ways at once.
named := input.request.path[found.target.at] if found.target["in"] == "path"

named := values[0] if {
	found.target["in"] == "query"
	values := input.request.query[found.target.name[0]]
	count(values) == 1
}

named := object.get(input.request.body, found.target.name, null) if {
	found.target["in"] == "body"
	is_object(input.request.body)
}

# A caller who names one thing must not be judged by another: what the request names is the resource itself, or, where
# it does not exist yet, the project or team in which it will.
default names_the_resource := false

names_the_resource if found.target == null

names_the_resource if {
	form.text(named)
	named == form.resource.id
}

names_the_resource if {
	form.text(named)
	form.absent(form.resource, "id")
	place := declared.permissions[found.permission]["in"]
	place in {"project", "team"}
	named == form.resource[place].id
}

# A path that names a project or team besides its target names the one that the resource belongs to.
default places_agree := false

places_agree if {
	every place, at in found.places {
		place_agrees(place, input.request.path[at])
	}
}

place_agrees(place, id) if form.resource[place].id == id

place_agrees(place, _) if form.absent(form.resource, place)
