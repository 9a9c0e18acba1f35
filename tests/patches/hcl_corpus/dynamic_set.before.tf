resource "thing" "phi" {
  dynamic "ingress" {
    for_each = toset(["0.0.0.0/0"])
    content {
      from_port   = 22
      to_port     = 22
      cidr_blocks = [ingress.value]
    }
  }
}
