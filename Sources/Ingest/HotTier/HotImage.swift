import ColumnStore

/// A flushed group's Parquet image, read by ranges out of its hot file's parts.
final class HotImage: RandomAccessBytes {
    let name: String
    let byteCount: Int64
    private let id: Int64
    // Not the file itself: an image may be kept open longer than the file is there.
    private let path: String
    private let pool: SQLitePool

    init(group: HotGroup, path: String, pool: SQLitePool) {
        name = Self.name(group, path: path)
        byteCount = group.byteCount
        id = group.id
        self.path = path
        self.pool = pool
    }

    static func name(_ group: HotGroup, path: String) -> String { "\(path)#\(group.id)" }

    func read(at offset: Int64, into target: UnsafeMutableRawBufferPointer) throws(ColumnStoreError) {
        guard offset >= 0, Int64(target.count) <= byteCount - offset else {
            throw ColumnStoreError(.corruptFile, path: name, offset: offset, "\(target.count) bytes reach past the end at \(byteCount)")
        }
        do {
            try pool.withConnection { connection in
                let statement = try connection.statement("SELECT bytes FROM group_parts WHERE id = ?1")
                defer { statement.reset() }
                var done = 0
                while done < target.count {
                    let (part, within) = (Int(offset) + done).quotientAndRemainder(dividingBy: HotFlusher.partByteCount)
                    statement.reset()
                    statement.bind(1, id << HotFlusher.partBits | Int64(part))
                    guard try statement.step() else {
                        throw SQLiteError(code: 11, message: "part \(part) of group \(id) is missing", path: path)
                    }
                    let copied = statement.withBytes(0) { bytes -> Int in
                        let count = min(bytes.count - within, target.count - done)
                        guard count > 0 else { return 0 }
                        UnsafeMutableRawBufferPointer(rebasing: target[done..<done + count])
                            .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[within..<within + count]))
                        return count
                    }
                    guard copied > 0 else {
                        throw SQLiteError(code: 11, message: "part \(part) of group \(id) is too short", path: path)
                    }
                    done += copied
                }
            }
        } catch let error as ColumnStoreError {
            throw error
        } catch let error as SQLiteError {
            throw ColumnStoreError(error.kind == .corrupt ? .corruptFile : .io, path: name, offset: offset, error.description)
        } catch {
            throw ColumnStoreError(.io, path: name, offset: offset, "\(error)")
        }
    }
}
