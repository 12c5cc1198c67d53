variable "name" {
  type = string
}

variable "environment" {
  type = string
}

locals {
  prefix = format("%s-%s", var.environment, var.name)
}

resource "terraform_data" "this" {
  input = local.prefix
}

output "prefix" {
  value = upper(local.prefix)
}

output "id" {
  value = terraform_data.this.id
}
