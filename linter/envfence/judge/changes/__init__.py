"""Two versions of a repository, or the two sides of a plan: what became of each thing, and what the judge lost.

In: two graphs, two configurations, the modules of the later version. Out: fates of nodes, findings of the rule kind
`change`, and which findings are not new. Must not know git, trees or plan files.
"""
