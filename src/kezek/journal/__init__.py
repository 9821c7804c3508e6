"""How is what happened kept durably?

For now as folders of files: `folder` writes one whole or not at all, `manifest` says later whether every byte is
still the one that was written, `logfiles` reads the four files of a log back. `witness_store`
keeps what a witness cosigned.
"""
