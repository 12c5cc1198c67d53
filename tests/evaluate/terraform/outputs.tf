output "ternary" { value = local.production ? "on" : "off" }
output "names" { value = local.names }
output "by_engine" { value = local.by_engine }
output "optional" { value = var.databases["orders"] }
output "number_from_string" { value = var.databases.orders.replicas + 1 }
output "nested" { value = local.nested }
output "nested_index" { value = local.nested.a[2][1].b }
output "splat" { value = values(var.databases)[*].engine }
output "legacy_splat" { value = terraform_data.many.*.input }
output "null_variable" { value = coalesce(var.nothing, "given") }
output "not_nullable" { value = var.strict }
output "lookup" { value = lookup(local.accounts, "nowhere", "none") }
output "index" { value = local.accounts[var.environment] }
output "merge" { value = merge(local.accounts, { test = "333333333333" }, null) }
output "try" { value = try(local.nested.missing.deep, "fallback") }
output "can" { value = [can(local.nested.a), can(local.nested.zz)] }
output "template" { value = "%{for k, v in local.accounts~}${k}=${v};%{endfor~}" }
output "template_if" { value = "%{if local.production}yes%{else}no%{endif}" }
output "heredoc" {
  value = <<-EOT
    first
      second ${var.environment}
    third
  EOT
}
output "escapes" { value = "a\tb\"c\\ $${x} %%{y} \u00e9" }
output "arithmetic" { value = [7 / 2, -7 % 3, 2 - -3, 0.1 + 0.2, 10 / 4 * 2, 1 / 3] }
output "compare" { value = [1 < 2, "1" == 1, "a" != "b", true && !false || false, [1] == [1]] }
output "conversion" { value = ["${1}", "${true}", tostring(1.50), tonumber("0x1" == "" ? "1" : "12")] }
output "sets" { value = setunion(toset(["b", "a"]), ["c", "a"]) }
output "set_operations" { value = [setintersection(["a", "b"], ["b"]), setsubtract(["a", "b"], ["b"]), setproduct(["a"], [1, 2])] }
output "lists" { value = [concat([1], [2, 3]), flatten([[1, [2]], []]), distinct(["a", "a"]), reverse([1, 2]), slice(["a", "b", "c"], 1, 3)] }
output "element" { value = [element(["a", "b", "c"], 4), index(["a", "b"], "b"), contains(["a"], "b"), one(["x"])] }
output "strings" { value = [join(",", ["a", "b"]), split("/", "a/b"), trimprefix("prod-eu", "prod-"), replace("a-b", "-", "_"), title("a b"), substr("hello", 1, 3)] }
output "regexes" { value = [regex("([a-z]+)-(\\d+)", "prod-12"), regexall("a", "banana"), replace("x1y", "/[0-9]/", "")] }
output "format" { value = [format("%s-%03d", "a", 7), formatlist("%s!", ["a", "b"]), format("%v", [1, "a"])] }
output "json" { value = jsonencode({ b = [1, true, null], a = "<&>" }) }
output "json_back" { value = jsondecode("{\"a\": [1, 2.5, \"x\"], \"b\": null}") }
output "yaml" { value = yamldecode("a: [1, yes]\nb:\n  - c: x\n") }
output "yaml_text" { value = yamlencode({ a = [1, "two"], b = { c = true } }) }
output "encodings" { value = [base64encode("hi"), base64decode("aGk="), urlencode("a b&c"), md5("a"), sha256("a")] }
output "cidr" { value = [cidrsubnet("10.0.0.0/16", 8, 3), cidrhost("10.0.0.0/24", 5), cidrnetmask("10.0.0.0/20"), cidrsubnets("10.0.0.0/16", 4, 8)] }
output "numbers" { value = [max(1, 5, 3), min(1, 5), ceil(1.2), floor(-1.2), abs(-3), pow(2, 10), signum(-4), parseint("ff", 16), sum([1, 2.5])] }
output "maps" { value = [keys(local.accounts), values({ b = 1, a = 2 }), zipmap(["a", "b"], [1, 2]), transpose({ a = ["x"], b = ["x"] }), chunklist([1, 2, 3], 2)] }
output "ranges" { value = [range(3), range(1, 6, 2), range(3, 0)] }
output "types" { value = [tolist(["a", 1]), tomap({ a = 1, b = "x" }), tobool("true"), length("héllo")] }
output "logic" { value = [alltrue([true, true]), anytrue([]), startswith("production", "prod"), endswith("a.tf", ".tf"), strcontains("abc", "b")] }
output "dates" { value = [timeadd("2026-04-24T00:00:00Z", "36h"), formatdate("YYYY-MM-DD", "2026-04-24T12:00:00Z")] }
output "csv" { value = csvdecode("a,b\n1,2\n3,4\n") }
output "paths" { value = [basename("a/b.tf"), dirname("a/b.tf"), path.module] }
output "files" { value = [fileexists("child/main.tf"), fileset("child", "*.tf")] }
output "known" { value = terraform_data.known.output.name == null ? "" : terraform_data.known.input.name }
output "unknown_in_list" { value = [terraform_data.unknown.id, "known"] }
output "unknown_in_text" { value = "id-${terraform_data.unknown.id}" }
output "unknown_decided" { value = "id-${terraform_data.unknown.id}" == "name" }
output "unknown_length" { value = length([terraform_data.unknown.id, 1]) }
output "each" { value = { for k, v in terraform_data.each : k => v.input } }
output "many" { value = length(terraform_data.many) }
output "children" { value = { for k, c in module.child : k => c.prefix } }
output "child_id" { value = module.child["a"].id }
output "group" { value = { for k, v in local.accounts : substr(v, 0, 1) => k... } }
output "for_index" { value = [for i, name in ["a", "b"] : "${i}${name}"] }
output "coalesce" { value = [coalesce("", "b"), coalescelist([], ["c"])] }
output "sensitive_free" { value = nonsensitive(sensitive("x")) }
