# Which limits hold for a request. Ask for `decision`; it is undefined where the question makes no sense, and whoever asks
# refuses such a request.
#
# Nothing is counted here. The token service counts, by the key that is named, and refuses what is too much.
package trackside.limit

import data.trackside.declared
import data.trackside.form
import data.trackside.member
import data.trackside.route

# `tier` and where it comes `from` (`project`, `team` or `nobody`), by what the caller is counted, the `counters` that this
# request counts for with their windows, and from when on it is answered `slow_down`.
decision := {
	"tier": tier,
	"from": from,
	"key": key,
	"counters": counters,
	"slow_down": slow_down,
} if {
	asked
}

asked if {
	form.well_formed
	form.question == "route"
	tiers_fit
	declared.apis[input.api]
}

limits := declared.apis[input.api].limits

# An interface that counts nothing has no key.
default key := null

key := "user" if {
	limits.key.by == "user"
	not form.anonymous
}

key := "address" if {
	limits.key.by == "user"
	form.anonymous
}

key := "address" if limits.key.by == "address"

default tier := null

tier := of_project

tier := of_user if not of_project

tier := limits.key.anonymous if {
	not of_project
	not of_user
}

default from := "nobody"

from := "project" if of_project

from := "team" if {
	not of_project
	of_user
}

# The tier of the team that owns the project that the request is about. It counts only for whoever belongs to the project or
# to that team: else anybody would have the limits of the richest project by naming it.
of_project := tier_of_team if {
	limits.key
	belongs
}

tier_of_team := declared.teams[owner].rate_tier

tier_of_team := presented(owner) if not declared.teams[owner]

# Where the thing is not presented, as at the gateway, the path may name its project or team.
project := member.project

project := input.request.path[route.found.places.project] if not member.project

owner := declared.projects[project].team

owner := form.resource.team.id if not declared_project

owner := input.request.path[route.found.places.team] if {
	not declared_project
	not form.resource.team.id
}

declared_project if declared.projects[project]

belongs if declared.teams[owner].members[member.email]

belongs if {
	not declared.teams[owner]
	form.user.teams[owner]
}

belongs if declared.projects[project].members[member.email]

belongs if {
	not declared_project
	form.user.projects[project]
}

# The best tier of the user's teams.
of_user := best[0].name if {
	limits.key
	count(best) > 0
}

best := [candidate |
	some candidate in candidates
	every other in candidates {
		other.rank <= candidate.rank
	}
]

candidates contains {"name": name, "rank": declared.rate_tiers[name].rank} if {
	name := declared.member_tiers[member.email]
}

candidates contains {"name": name, "rank": declared.rate_tiers[name].rank} if {
	some team, _ in form.user.teams
	not declared.teams[team]
	name := presented(team)
}

# What the platform says of teams that git does not declare.
presented(team) := name if {
	name := input.tiers[team]
	declared.rate_tiers[name]
}

# Whatever is sent as tiers, each is a text.
tiers_fit if form.absent(input, "tiers")

tiers_fit if {
	is_object(input.tiers)
	every name in input.tiers {
		form.text(name)
	}
}

default slow_down := null

slow_down := limits.slow_down if {
	some counter in counters
	counter.name == limits.slow_down.counter
}

default counters := []

counters := [counter |
	some name, counted in limits.counters
	counts(name, counted)
	counter := {
		"name": name,
		"only": counted.only,
		"windows": declared.rate_tiers[tier].limits[name],
	}
]

counts(_, counted) if counted.routes == "every"

counts(name, _) if route.found.counter == name
