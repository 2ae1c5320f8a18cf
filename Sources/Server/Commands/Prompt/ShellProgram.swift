import Glibc

/// Runs what stands in backquotes.
enum ShellProgram {
    private static let byteCountMax = 1 << 20

    /// All that it writes; what it ends with is its own business, as in psql.
    ///
    /// - Throws: where there is no shell, or more comes than a word may have.
    static func output(of command: String) throws(CommandError) -> String {
        guard let stream = popen(command, "r") else { throw CommandError("\(command): \(String(cString: strerror(errno)))") }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count <= byteCountMax {
            let count = fread(&piece, 1, piece.count, stream)
            if count == 0 { break }
            bytes.append(contentsOf: piece[..<count])
        }
        // Whoever writes on finds nobody who reads, and ends.
        pclose(stream)
        guard bytes.count <= byteCountMax else { throw CommandError("\(command): more than \(byteCountMax) bytes came") }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw CommandError("\(command): what it writes is no UTF-8") }
        return text
    }
}
