"""A page as Chromium lays it out, with no network."""

import subprocess

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--allow-file-access-from-files",
    "--virtual-time-budget=5000",
)


def rendered(chromium, tmp_path, page):
    """DOM of a page after it was laid out."""
    arguments = [chromium, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", page.as_uri()]
    return subprocess.run(arguments, capture_output=True, text=True, timeout=120, check=True).stdout
