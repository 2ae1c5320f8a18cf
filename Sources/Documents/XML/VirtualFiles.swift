internal import CXML2
import Synchronization

/// Files that libxml2's loader may open while a schema is parsed: none of them on disk.
///
/// libxml2 has one loader for the process, so the files of all schemas that are being parsed stand here side by side, under names that no two
/// share (`XMLSchema`). Any thread may add, remove or load.
enum VirtualFiles {
    private static let texts = Mutex<[String: [UInt8]]>([:])

    /// Until `remove`: for the time of one parsing.
    static func add(_ files: [String: [UInt8]]) { texts.withLock { $0.merge(files) { _, new in new } } }
    static func remove(_ names: some Sequence<String>) { texts.withLock { texts in for name in names { texts[name] = nil } } }

    /// The loader of the whole process: answers for what was added, and for nothing else.
    ///
    /// Nil is libxml2's sign that there is no such file; it then refuses what refers to it.
    static let loader: xmlExternalEntityLoader = { url, _, context in
        guard let url, let text = texts.withLock({ $0[String(cString: url)] }) else { return nil }
        let buffer = text.withUnsafeBytes { bytes in
            // It copies.
            xmlParserInputBufferCreateMem(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count), XML_CHAR_ENCODING_NONE)
        }
        guard let buffer, let input = xmlNewIOInputStream(context, buffer, XML_CHAR_ENCODING_NONE) else { return nil }
        // libxml2 tells documents apart, and joins repeated imports, by this name.
        input.pointee.filename = UnsafePointer(xmlCharStrdup(url)).map { UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self) }
        return input
    }
}
