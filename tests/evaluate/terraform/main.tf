# What Terraform makes of this is recorded in recorded.json; see ../test_terraform.py.

terraform {
  required_version = ">= 1.5"
}

variable "environment" {
  type    = string
  default = "staging"
}

variable "databases" {
  type = map(object({
    engine   = string
    protect  = optional(bool, true)
    replicas = optional(number, 0)
    tags     = optional(map(string), {})
  }))
  default = {
    orders = { engine = "postgres", replicas = "2" }
    events = { engine = "mysql", protect = false, tags = { team = "data" } }
  }
}

variable "nothing" {
  type    = string
  default = null
}

variable "strict" {
  type     = string
  default  = "fallback"
  nullable = false
}

locals {
  accounts   = { production = "111111111111", staging = "222222222222" }
  production = var.environment == "production"
  names      = [for name, database in var.databases : "${var.environment}-${name}" if database.protect]
  by_engine  = { for name, database in var.databases : database.engine => name... }
  nested     = { a = [1, 2, [3, { b = "c" }]], d = null }
}

resource "terraform_data" "known" {
  input = { name = "${var.environment}-known", size = 3 }
}

resource "terraform_data" "unknown" {
}

resource "terraform_data" "each" {
  for_each = var.databases
  input    = "${each.key}:${each.value.engine}"
}

resource "terraform_data" "many" {
  count = local.production ? 0 : 2
  input = count.index
}

module "child" {
  source = "./child"

  for_each    = toset(["a", "b"])
  name        = each.key
  environment = var.environment
}
