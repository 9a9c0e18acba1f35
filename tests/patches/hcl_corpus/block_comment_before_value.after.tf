resource "thing" "phi" {
  a = /* was true */ true
}
