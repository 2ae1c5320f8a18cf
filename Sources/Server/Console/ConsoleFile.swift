internal import ColumnStore
import Synchronization

/// One file of the console. It never changes while the program runs, so it is compressed once for each coding, when that is first asked for.
final class ConsoleFile: Sendable {
    /// Below console/, as `core/api.js`.
    let path: String
    let bytes: [UInt8]
    private let coded = Mutex<[String: [UInt8]]>([:])

    init(path: String, bytes: [UInt8]) { (self.path, self.bytes) = (path, bytes) }

    func bytes(in coding: StreamCoding) -> [UInt8] {
        coded.withLock { coded in
            if let known = coded[coding.rawValue] { return known }
            let made = StreamCompressor(coding).compress(bytes, isLast: true)
            coded[coding.rawValue] = made
            return made
        }
    }

    var contentType: String {
        switch path.split(separator: ".").last {
        case "js": "text/javascript; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "svg": "image/svg+xml"
        case "json": "application/json"
        case "html": "text/html; charset=utf-8"
        default: "text/plain; charset=utf-8"
        }
    }
}
