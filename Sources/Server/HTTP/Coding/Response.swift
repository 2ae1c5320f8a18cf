internal import ColumnStore

/// An answer: complete, or with a body that is still being made.
///
/// Made on any thread; the connection's thread hands it to the library, which adds `Date`, `Content-Length` or the chunks, and `Connection`.
package struct Response: Sendable {
    package struct Header: Sendable {
        package let name: StaticString
        package let value: String

        package init(_ name: StaticString, _ value: String) { (self.name, self.value) = (name, value) }

        /// By bytes: all names are the server's own words, each spelled in one way.
        func hasName(of other: Header) -> Bool {
            let (count, otherCount) = (name.utf8CodeUnitCount, other.name.utf8CodeUnitCount)
            return count == otherCount && UnsafeBufferPointer(start: name.utf8Start, count: count).elementsEqual(UnsafeBufferPointer(start: other.name.utf8Start, count: otherCount))
        }
    }

    /// Bytes are there whole; a stream is made while it is sent; a file is read while it is sent.
    package enum Body: Sendable {
        case bytes([UInt8])
        case stream(ResponseStream)
        case file(FileBody)
    }

    package var status: Int
    package var headers: [Header]
    /// Fields of an answer that another server made.
    package var passed: [(name: String, value: String)] = []
    package var body: Body
    /// The bytes are in the Content-Encoding that a header names.
    package var isCoded = false

    package init(status: Int, contentType: String? = nil, bytes: [UInt8] = []) {
        self.status = status
        headers = contentType.map { [Header("Content-Type", $0)] } ?? []
        body = .bytes(bytes)
    }

    package init(status: Int, contentType: String, stream: ResponseStream) {
        self.status = status
        headers = [Header("Content-Type", contentType)]
        body = .stream(stream)
    }

    package init(status: Int, contentType: String, file: FileBody) {
        self.status = status
        headers = [Header("Content-Type", contentType)]
        body = .file(file)
    }

    /// - Parameter reserving: about as many bytes as the text has: one that grows by doubling is copied each time.
    package static func json(_ body: some BodyForm, reserving byteCount: Int = 256) -> Response { json(200, body, reserving: byteCount) }

    package static func json(_ status: Int, _ body: some BodyForm, reserving byteCount: Int = 256) -> Response {
        Response(status: status, contentType: "application/json", bytes: body.json(reserving: byteCount))
    }

    package static let noContent = Response(status: 204)

    package func adding(_ name: StaticString, _ value: String) -> Response {
        var copy = self
        copy.headers.append(Header(name, value))
        return copy
    }
}
