resource "thing" "phi" {
  l = [
    "x", # keep
    "y",
    "z"
  ]
}
