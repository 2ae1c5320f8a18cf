package import Foundation

/// Whether answers are what `/openapi.json` says of them: the status is listed, its media type too, and a JSON body validates against the schema.
///
/// Every answer that a test gets of the real binary is looked at (`TillServer.client`), so that the description cannot drift from what is
/// said. Of JSON Schema it knows what the description uses, and refuses to pass over anything else.
package final class DescriptionCheck: Sendable {
    package struct Fault: Error, CustomStringConvertible {
        package let description: String
    }

    /// Larger bodies are pages of receipts: one item is as good as a thousand.
    private static let byteCountMax = 256 << 10

    private struct Path {
        let segments: [String]
        let methods: [String: Any]
    }

    private nonisolated(unsafe) let schemas: [String: Any]
    private nonisolated(unsafe) let paths: [Path]

    /// - Parameter description: the bytes of `/openapi.json`.
    package init(_ description: Data) throws {
        guard let root = try JSONSerialization.jsonObject(with: description) as? [String: Any], let paths = root["paths"] as? [String: [String: Any]],
            let components = root["components"] as? [String: Any], let schemas = components["schemas"] as? [String: Any]
        else { throw Fault(description: "this is no OpenAPI description") }
        self.schemas = schemas
        self.paths = paths.map { Path(segments: $0.key.split(separator: "/").map(String.init), methods: $0.value) }
    }

    /// - Throws: `Fault` where the answer is another than the description says.
    package func check(_ method: String, _ target: String, _ answer: HTTPClient.Answer) throws {
        guard !answer.isCut, let operation = operation(method, target) else { return }
        let place = "\(method) \(target) answered \(answer.status)"
        let responses = operation["responses"] as? [String: [String: Any]] ?? [:]
        guard let response = responses[String(answer.status)] ?? responses["default"] else { throw Fault(description: "\(place), which is not described") }
        let described = (response["headers"] as? [String: Any] ?? [:]).keys.map { $0.lowercased() }
        for name in ["location", "link"] where answer.headers[name] != nil && !described.contains(name) { throw Fault(description: "\(place) with \(name), which is not described") }
        guard let type = answer.headers["content-type"]?.split(separator: ";").first.map(String.init), !answer.body.isEmpty, method != "HEAD" else { return }
        guard let contents = response["content"] as? [String: [String: Any]], !contents.isEmpty else {
            throw Fault(description: "\(place) with a body of \(type), where none is described")
        }
        guard let content = contents[type] ?? contents["*/*"] else {
            throw Fault(description: "\(place) with \(type); described are \(contents.keys.sorted().joined(separator: ", "))")
        }
        guard type == "application/json" || type.hasSuffix("+json"), answer.headers["content-encoding"] == nil, answer.body.count <= Self.byteCountMax, let schema = content["schema"] else { return }
        let value: Any
        do { value = try JSONSerialization.jsonObject(with: Data(answer.body), options: .fragmentsAllowed) } catch {
            throw Fault(description: "\(place) with a body that is no JSON: \(answer.text.prefix(500))")
        }
        if let fault = fault(value, schema, "") { throw Fault(description: "\(place): \(fault)\n\(answer.text.prefix(2_000))") }
    }

    private func operation(_ method: String, _ target: String) -> [String: Any]? {
        let segments = target.split(separator: "?", omittingEmptySubsequences: false)[0].split(separator: "/").map(String.init)
        let found = paths.filter { path in
            path.segments.count == segments.count && zip(path.segments, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
        // A literal segment stands before a name.
        let best = found.min { names($0) < names($1) }
        return best?.methods[(method == "HEAD" ? "get" : method.lowercased())] as? [String: Any]
    }

    private func names(_ path: Path) -> Int { path.segments.count { $0.hasPrefix("{") } }

    // MARK: JSON Schema

    /// Words that say nothing of what is right.
    private static let remarks: Set<String> = [
        "description", "examples", "default", "title", "$comment", "deprecated", "readOnly", "writeOnly", "contentEncoding", "contentMediaType",
    ]

    /// What is wrong with a value; nil when nothing is.
    private func fault(_ value: Any, _ schema: Any, _ pointer: String) -> String? {
        if let flag = schema as? Bool { return flag ? nil : "\(pointer): nothing may stand here" }
        guard let schema = schema as? [String: Any] else { return "\(pointer): a schema that is none" }
        for (word, argument) in schema where !Self.remarks.contains(word) {
            if let fault = fault(value, word, argument, schema, pointer) { return fault }
        }
        return nil
    }

    private func fault(_ value: Any, _ word: String, _ argument: Any, _ schema: [String: Any], _ pointer: String) -> String? {
        switch word {
        case "$ref":
            guard let name = (argument as? String)?.split(separator: "/").last, let target = schemas[String(name)] else { return "\(pointer): \(argument) leads nowhere" }
            return fault(value, target, pointer)
        case "type":
            let types = argument as? [String] ?? [argument as? String ?? ""]
            return types.contains { Self.isA($0, value) } ? nil : "\(pointer): \(Self.shown(value)) is no \(types.joined(separator: " or "))"
        case "enum":
            let choices = argument as? [Any] ?? []
            return choices.contains { ($0 as? NSObject) == (value as? NSObject) } ? nil : "\(pointer): \(Self.shown(value)) is none of \(choices)"
        case "const": return (argument as? NSObject) == (value as? NSObject) ? nil : "\(pointer): \(Self.shown(value)) is not \(argument)"
        case "anyOf": return (argument as? [Any] ?? []).contains { fault(value, $0, pointer) == nil } ? nil : "\(pointer): \(Self.shown(value)) is none of what may be"
        case "oneOf": return (argument as? [Any] ?? []).count { fault(value, $0, pointer) == nil } == 1 ? nil : "\(pointer): \(Self.shown(value)) is not one of what may be"
        case "allOf": return (argument as? [Any] ?? []).lazy.compactMap { self.fault(value, $0, pointer) }.first
        case "required", "properties", "additionalProperties", "patternProperties", "minProperties", "propertyNames":
            return (value as? [String: Any]).flatMap { ofObject($0, word, argument, schema, pointer) }
        case "items", "minItems", "maxItems": return (value as? [Any]).flatMap { ofArray($0, word, argument, pointer) }
        case "minLength", "maxLength", "pattern", "format": return (value as? String).flatMap { ofText($0, word, argument, pointer) }
        case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum": return Self.isA("number", value) ? ofNumber(value, word, argument, pointer) : nil
        default: return "\(pointer): the schema's word \(word) is not known to the check"
        }
    }

    private func ofObject(_ object: [String: Any], _ word: String, _ argument: Any, _ schema: [String: Any], _ pointer: String) -> String? {
        let known = schema["properties"] as? [String: Any] ?? [:]
        switch word {
        case "required": return (argument as? [String] ?? []).first { object[$0] == nil }.map { "\(pointer)/\($0) is missing" }
        case "properties": return known.lazy.compactMap { name, schema in object[name].flatMap { self.fault($0, schema, "\(pointer)/\(name)") } }.first
        case "additionalProperties":
            return object.lazy.filter { known[$0.key] == nil }.compactMap { self.fault($0.value, argument, "\(pointer)/\($0.key)") }.first
        case "minProperties": return object.count >= argument as? Int ?? 0 ? nil : "\(pointer) has too few members"
        default: return "\(pointer): the schema's word \(word) is not known to the check"
        }
    }

    private func ofArray(_ array: [Any], _ word: String, _ argument: Any, _ pointer: String) -> String? {
        switch word {
        case "items": array.enumerated().lazy.compactMap { self.fault($0.element, argument, "\(pointer)/\($0.offset)") }.first
        case "minItems": array.count >= argument as? Int ?? 0 ? nil : "\(pointer) has too few items"
        default: array.count <= argument as? Int ?? .max ? nil : "\(pointer) has too many items"
        }
    }

    private func ofText(_ text: String, _ word: String, _ argument: Any, _ pointer: String) -> String? {
        let patterns = ["date": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "date-time": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\\.[0-9]+)?(Z|[+-][0-9:]{5})$"]
        switch word {
        case "minLength": return text.unicodeScalars.count >= argument as? Int ?? 0 ? nil : "\(pointer) is too short"
        case "maxLength": return text.unicodeScalars.count <= argument as? Int ?? .max ? nil : "\(pointer) is too long"
        default:
            guard let pattern = word == "format" ? patterns[argument as? String ?? ""] : argument as? String else { return nil }
            return text.range(of: pattern, options: .regularExpression) != nil ? nil : "\(pointer): \(text.prefix(200)) is no \(argument)"
        }
    }

    private func ofNumber(_ value: Any, _ word: String, _ argument: Any, _ pointer: String) -> String? {
        let (number, bound) = ((value as? NSNumber)?.doubleValue ?? .nan, (argument as? NSNumber)?.doubleValue ?? .nan)
        let isRight = word == "minimum" ? number >= bound : word == "maximum" ? number <= bound : word == "exclusiveMinimum" ? number > bound : number < bound
        return isRight ? nil : "\(pointer): \(number) is past \(word) \(bound)"
    }

    private static func isA(_ type: String, _ value: Any) -> Bool {
        // Foundation keeps JSON's truth values as numbers whose type is C's.
        let isBoolean = (value as? NSNumber).map { ["c", "B"].contains(String(cString: $0.objCType)) } ?? false
        switch type {
        case "null": return value is NSNull
        case "boolean": return isBoolean
        case "object": return value is [String: Any]
        case "array": return value is [Any]
        case "string": return value is String
        case "number": return value is NSNumber && !isBoolean
        case "integer": return !isBoolean && (value as? NSNumber).map { $0.doubleValue == $0.doubleValue.rounded() } ?? false
        default: return false
        }
    }

    private static func shown(_ value: Any) -> String { String("\(value)".prefix(100)) }
}
