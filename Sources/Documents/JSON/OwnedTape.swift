/// A JSON text with its tape, kept: schemas and the constants in them.
final class OwnedTape: Sendable {
    nonisolated(unsafe) let tape: JSONTape
    nonisolated(unsafe) private let bytes: UnsafeMutablePointer<UInt8>
    nonisolated(unsafe) private let nodes: UnsafeMutablePointer<JSONNode>

    init(_ text: [UInt8]) throws(DocumentError) {
        let reader = JSONReader()
        let result = text.withUnsafeBytes { text -> Result<(JSONTape, UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<JSONNode>), DocumentError> in
            do throws(DocumentError) {
                let tape = try reader.tape(of: text)
                let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: max(tape.byteCount, 1))
                bytes.initialize(from: tape.bytes, count: tape.byteCount)
                let nodes = UnsafeMutablePointer<JSONNode>.allocate(capacity: tape.count)
                nodes.initialize(from: tape.nodes, count: tape.count)
                return .success((JSONTape(bytes: bytes, byteCount: tape.byteCount, nodes: nodes, count: tape.count, textOffset: 0), bytes, nodes))
            } catch {
                return .failure(error)
            }
        }
        (tape, bytes, nodes) = try result.get()
    }

    deinit {
        bytes.deallocate()
        nodes.deallocate()
    }
}
