import ColumnStore
import Documents

/// Faults as the catalog keeps them: JSON.
///
/// A fault is `{"code", "detail", "errors"}`, the feedback of a record `[{"pointer", "code", "message"}]`. Text that cannot be read is an internal fault, or
/// no feedback: what was wrong with a record is no reason to refuse the list of all others.
enum UploadFaultText {
    static func json(_ fault: Fault) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("code", fault.code.rawValue)
        writer.member("detail", fault.detail)
        writer.key("errors")
        writer.raw(json(fault.errors))
        writer.endObject()
        return writer.bytes
    }

    static func json(_ violations: [Fault.Violation]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginArray()
        for violation in violations {
            writer.beginObject()
            writer.member("pointer", violation.pointer)
            writer.member("code", violation.code)
            writer.member("message", violation.message)
            writer.endObject()
        }
        writer.endArray()
        return writer.bytes
    }

    static func fault(_ json: [UInt8]) -> Fault {
        let value = try? JSONParser.parse(json)
        return Fault(
            value?["code"]?.text.flatMap { Fault.Code(rawValue: $0) } ?? .internalError, value?["detail"]?.text ?? "",
            errors: value?["errors"].map { violations(in: $0) } ?? [])
    }

    static func violations(_ json: [UInt8]) -> [Fault.Violation] { (try? JSONParser.parse(json)).map { violations(in: $0) } ?? [] }

    private static func violations(in value: JSONValue) -> [Fault.Violation] {
        guard case .array(let elements) = value else { return [] }
        return elements.map { .init(pointer: $0["pointer"]?.text ?? "", code: $0["code"]?.text ?? "", message: $0["message"]?.text ?? "") }
    }
}
