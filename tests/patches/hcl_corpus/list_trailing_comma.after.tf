resource "thing" "phi" {
  l = [
    "x", # keep
    "z",
  ]
}
