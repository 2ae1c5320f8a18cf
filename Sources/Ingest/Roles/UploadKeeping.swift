package import ColumnStore

/// Files of records that clients send whole. Changes are durable before these return.
package protocol UploadKeeping: AnyObject, Sendable {
    /// Of a file, in bytes.
    var byteCountMax: Int { get }
    /// - Throws: read-only, type-not-allowed, unknown-type, not-found, overloaded.
    func announce(_ announcement: UploadAnnouncement, id: String, as principal: Principal) throws -> Upload
    /// - Throws: not-found, also for another's.
    func upload(_ id: String, as principal: Principal) throws -> Upload
    /// The newest first.
    func uploads(
        client: String?, state: Upload.State?, after place: (createdAt: Int64, id: String)?, limit: Int, as principal: Principal
    ) throws -> [Upload]
    /// In the file's order.
    func rejections(of upload: Upload, after record: Int64, limit: Int) throws -> [UploadRejection]
    /// By the link alone; nil where it is gone.
    func linked(_ id: String) throws -> Upload?
    /// - Throws: upload-closed.
    func receive(_ upload: Upload, from start: Int64) throws -> UploadFile
    /// Of a file, the bytes that are here.
    func fileByteCount(_ id: String) -> Int64
    /// The file is here whole: it is read from now on.
    ///
    /// - Throws: upload-mismatch, upload-closed.
    func finish(_ file: UploadFile, coding: StreamCoding?) throws -> Upload
    /// Ends one that waits for its file or is read.
    func cancel(_ id: String, as principal: Principal) throws
    /// Begins to read files.
    func start()
}

extension Uploads: UploadKeeping {}

/// Whoever has the uploads of a store.
package protocol UploadHolding: AnyObject, Sendable {
    var uploadKeeping: any UploadKeeping { get }
}
