"""Where sources are read from: a directory, a git commit, a dictionary. Every read of scanned files goes through here.

Comes in: paths relative to the root. Goes out: listings and bytes, or `Unreadable` with the reason.
Must not know: what is in the files.
"""

from envfence.paths import join, parent
from envfence.tree.base import MAX_READ, Entry, Reads, Tree, Unreadable
from envfence.tree.commit import GitTree
from envfence.tree.dictionary import DictTree
from envfence.tree.directory import DirectoryTree
from envfence.tree.version import VersionTree

__all__ = [
    "MAX_READ",
    "DictTree",
    "DirectoryTree",
    "Entry",
    "GitTree",
    "Reads",
    "Tree",
    "Unreadable",
    "VersionTree",
    "join",
    "parent",
]
