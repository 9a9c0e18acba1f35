resource "thing" "phi" {
  l = [
    "x", # keep
    "y", # go
    "z",
  ]
}
