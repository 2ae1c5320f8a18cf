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
    /// Of its file, as values.
    ///
    /// - Throws: not-found, also for another's and for a file that is gone; upload-closed.
    func records(of id: String, as principal: Principal) throws -> UploadRecords
    /// In the file's order, at most `limit`.
    ///
    /// - Parameter hold: asked for the bytes of the page, as the catalog keeps them, before they are taken; more than once as it grows. What it throws ends the reading.
    func rejections(of upload: Upload, after record: Int64, limit: Int, as principal: Principal, hold: (_ byteCount: Int) throws -> Void) throws -> RejectionPage
    /// By the link alone; nil where it is gone.
    func linked(_ id: String) throws -> Upload?
    /// - Parameters:
    ///   - isAnew: from 0, whatever is there; else behind all that is there.
    ///   - isKept: whether what comes stays though its call breaks; else only after `keep`.
    /// - Throws: upload-closed; upload-mismatch where another place is due.
    func receive(_ upload: Upload, from start: Int64, isAnew: Bool, isKept: Bool) throws -> UploadFile
    /// Of a file, the bytes that are here.
    func fileByteCount(_ id: String) -> Int64
    /// The file is here whole: it is read from now on.
    ///
    /// - Throws: upload-mismatch, upload-closed.
    func finish(_ file: UploadFile, coding: StreamCoding?) throws -> Upload
    /// Ends one that waits for its file or is read.
    func cancel(_ id: String, as principal: Principal) throws
    /// Begins to take back what one has changed in versioned tables.
    ///
    /// - Throws: immutable-table, upload-closed.
    func revert(_ id: String, as principal: Principal) throws -> Upload
    /// Begins to read files.
    ///
    /// - Parameter describe: an upload as the API says it, for webhooks.
    func start(describe: @escaping @Sendable (Upload) -> [UInt8])
}

extension Uploads: UploadKeeping {}

extension UploadKeeping {
    /// Where nobody counts the memory.
    package func rejections(of upload: Upload, after record: Int64, limit: Int, as principal: Principal) throws -> RejectionPage {
        try rejections(of: upload, after: record, limit: limit, as: principal) { _ in }
    }
}

/// Whoever has the uploads of a store.
package protocol UploadHolding: AnyObject, Sendable {
    var uploadKeeping: any UploadKeeping { get }
}
