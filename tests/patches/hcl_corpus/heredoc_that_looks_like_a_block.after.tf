resource "thing" "phi" {
  b = <<EOT
  a = true
}
EOT
  a = true
}
