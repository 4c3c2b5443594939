"""The journal as outsiders can check it: what a line says, the tree over all lines, checkpoints, proofs, verification.

`core.audit.record` is the one door for writers. `sequence` fixes the order of finished transactions' lines and grows the
tree (RFC 9162), `checkpoints` signs and publishes its size and root each minute and keeps them outside the database too,
`witness` is the process that countersigns only what extends what it saw, `proofs` says how one line or an earlier
checkpoint is contained, `verify` reads all of it against each other. `offline` is what anybody downloads to check a proof.
"""
