resource "thing" "phi" {
  a = /* was true */ false
}
