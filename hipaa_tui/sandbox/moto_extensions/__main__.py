"""`python -m hipaa_tui.sandbox.moto_extensions` is moto's server with the additions of this package."""

from moto.server import main

from hipaa_tui.sandbox.moto_extensions import install

install()
main()
