resource "thing" "phi" {
  tags = {
    bb = "x" # keep
    cc = local.c
  }
}
