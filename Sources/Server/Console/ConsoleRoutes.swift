internal import ColumnStore
internal import Documents
internal import Ingest

/// The console's address space: its files under the hash of all of them, and one document at every other path. It has no call of its own: what its
/// pages need is in the API.
package enum ConsoleRoutes {
    package static let all: [Route] = [
        Route(.get, "/console", access: .open, operation: .undocumented("console"), handle: { _ in withPolicy(Response(status: 308).adding("Location", "/console/")) }),
        Route(.get, "/console/assets/{path…}", access: .open, place: .reads, operation: .undocumented("consoleFile"), handle: file),
        // Ids may have slashes: what the path says is the document's to read.
        Route(.get, "/console/{…}", access: .open, operation: .undocumented("consolePage"), handle: { call in page(call.request) }),
    ]

    private static let files = ConsoleFiles.embedded
    private static let document = ConsoleDocument(files)

    private static func file(_ call: Call) throws -> Response {
        let path = "/console/assets/" + call.path("path")
        guard path.hasPrefix(files.root + "/"), let file = files.file(path.dropFirst(files.root.count + 1)) else {
            throw Problem(.notFound, "no file of this version of the console is here; reload the page")
        }
        return response(file, coding: ContentCoding.choose(call.request.header("Accept-Encoding")))
    }

    private static func page(_ request: Request) -> Response {
        let bytes = document.bytes(for: request.header("Accept-Language"), signsIn: SessionCookie(request) == nil)
        return withPolicy(
            Response(status: 200, contentType: "text/html; charset=utf-8", bytes: bytes).adding("Cache-Control", "no-cache").adding("Vary", "Accept-Language, Cookie"))
    }

    private static func response(_ file: ConsoleFile, coding: StreamCoding?) -> Response {
        var response = Response(status: 200, contentType: file.contentType, bytes: coding.map(file.bytes(in:)) ?? file.bytes)
            .adding("Cache-Control", "public, max-age=31536000, immutable").adding("Vary", "Accept-Encoding")
        if let coding {
            response.headers.append(.init("Content-Encoding", coding.rawValue))
            response.isCoded = true
        }
        return withPolicy(response)
    }

    private static func withPolicy(_ response: Response) -> Response {
        var response = response
        response.headers += DocumentPolicy.headers
        return response
    }
}
