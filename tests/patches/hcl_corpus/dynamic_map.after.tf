resource "thing" "phi" {
  dynamic "ingress" {
    iterator = one
    for_each = {
      ssh = { port = 22, cidr = "10.0.0.0/8" }, # ssh
      web = { port = 443, cidr = "0.0.0.0/0" },
    }
    content {
      from_port   = one.value.port
      to_port     = one.value.port
      cidr_blocks = [one.value.cidr]
    }
  }
}
