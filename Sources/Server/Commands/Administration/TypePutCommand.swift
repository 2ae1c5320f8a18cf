internal import ColumnStore

/// Adds a document type, or its next version.
enum TypePutCommand: Command {
    static let name = "type put"
    static let summary = "Adds a document type or its next version, from a file; with the .xsd files that lie beside it."
    static let usage = ["FILE (--data DIR [--config FILE] | --url URL [--ca FILE | --insecure])"]
    static let options = StoreAccess.options

    static func run(_ arguments: Arguments) throws -> Int32 {
        let file = try arguments.operand("a type file")
        let bytes = try FileBytes.read(file, byteCountMax: TypeCheckCommand.typeByteCountMax)
        let type: JSONValue
        do throws(JSONSyntaxError) {
            type = try JSONParser.parse(bytes)
        } catch {
            throw CommandError("\(file) is no JSON: byte \(error.offset): \(error.message)")
        }
        guard case .object(var members) = type, let name = type["name"]?.text else { throw CommandError("\(file) is no type: it has no name") }
        // What the file brings itself stays; beside it lie the schemas that it names.
        if type["xsd"] != nil, type["files"] == nil {
            let files = try TypeCheckCommand.schemas(beside: file).sorted { $0.key < $1.key }
            let texts = try files.map { schema in JSONValue.Member(schema.key, .string(try XSDFileText.text(schema.value, named: schema.key))) }
            members.append(.init("files", .object(texts)))
        }
        let body = type["xsd"] == nil ? bytes : JSONValue.object(members).serialized
        let store = try StoreAccess(arguments)
        let answer = try APIClient.succeed(
            try store.client.call("PUT", "/v1/types/\(RequestTarget.encode(name))", headers: [("Content-Type", "application/json")], body: body))
        try store.close()
        let version = try JSONParser.parse(answer.body)["version"]?.integer ?? 1
        Terminal.tell("\(answer.status == 201 ? "added" : "put") \(name), version \(version)\n")
        return ExitStatus.done
    }
}
