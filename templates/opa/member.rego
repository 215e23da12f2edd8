# Which roles the caller holds, and where.
#
# What git declares is locked: a declared team or project has exactly its declared members, a declared project exactly its
# declared team, a person with a declared platform role exactly that one. What the API presents about these is ignored.
# Everything else is what the API presents. Declared people are known by their verified address, compared as it stands.
package trackside.member

import data.trackside.declared
import data.trackside.form

default email := null

email := form.user.email if {
	form.text(form.user.email)
	form.user.email_verified == true
}

person := declared.persons[email]

on_platform contains person.platform_role

on_platform contains role if {
	not person.platform_role
	some role in listed(["platform_roles"])
}

in_team := roles_in(team)

# The roles in the team whose subscription is presented; one that nobody declared is no membership. A rule, because not
# every interpreter of Rego keeps the answer of a function that a rule of another package calls.
in_paying_team := {role | some role in roles_in(input.subscription.team); declared.roles[role]}

# The roles in any team.
roles_in(id) := declared.teams[id].members[email]

roles_in(id) := listed(["teams", id]) if not declared.teams[id]

in_project := declared.projects[project].members[email]

in_project := listed(["projects", project]) if not project_is_declared

project := form.resource.project.id

# A rule of its own, because `not declared.projects[project]` is undefined where `project` is.
project_is_declared if declared.projects[project]

# The team that is asked about or that owns the project asked about.
team := declared.projects[project].team

team := form.resource.team.id if not project_is_declared

# A team presented as the owner of a declared project is its declared owner, or the API is mistaken about the resource.
default team_agrees := false

team_agrees if not project_is_declared

team_agrees if form.absent(form.resource, "team")

team_agrees if form.resource.team.id == team

# Whether git has the last word on what a list of roles says.
ignored contains "user.platform_roles" if {
	person.platform_role
	count(listed(["platform_roles"])) > 0
}

ignored contains sprintf("user.teams.%s", [team]) if {
	declared.teams[team]
	count(listed(["teams", team])) > 0
}

ignored contains sprintf("user.projects.%s", [project]) if {
	declared.projects[project]
	count(listed(["projects", project])) > 0
}

# A list of roles as the API presents it.
listed(path) := roles if {
	roles := object.get(form.user, path, [])
	is_array(roles)
} else := []
