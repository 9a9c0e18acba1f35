"""What contributors and CI run besides the tests; none of it is part of the package that users install."""
