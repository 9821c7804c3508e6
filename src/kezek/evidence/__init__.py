"""How can anyone prove what happened?

Events become canonical JSON bytes (`canonical`), the bytes become leaves of an RFC 9162 Merkle tree (`tree`), its
root is signed as a C2SP checkpoint (`signature`, `checkpoint`). A `receipt` shows anybody, offline, that one event is
under that root, a `bundle` carries many; `log` keeps the events, `audit` finds the damaged one. `proof` holds the
verifiers, `error` what can be wrong. `growth` shows that a log only grew, a `witness` decides by it, and its
`cosignature` says so under the checkpoint.

Ships alone: the standard library, and `cryptography` in `signature` only.
"""
