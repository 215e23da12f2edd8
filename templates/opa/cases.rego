# Tests of many cases: each has a name and an answer, which is `true` where the policies say what is due.
#
# The cases of a test stand in one object and not in the rule's head (`test_x[case]`), because opa traces tests of that
# kind and is more than ten times slower with it.
package trackside.cases

# Names the cases that failed. Cases that have the same name, or were lost, would make the count another.
hold(cases, number) if {
	failed := [name | some name, answer in cases; answer != true]
	print(sprintf("%d of %d cases failed, of %d that are due:", [count(failed), count(cases), number]), failed)
	count(failed) == 0
	count(cases) == number
}
