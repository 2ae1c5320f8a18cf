package import ColumnStore

/// Files of records that clients send whole. Changes are durable before these return.
package protocol UploadKeeping: AnyObject, Sendable {
    /// The largest file that is taken, in bytes.
    var byteCountMax: Int { get }
    /// - Throws: read-only, type-not-allowed, unknown-type, not-found, overloaded.
    func announce(_ announcement: UploadAnnouncement, id: String, as principal: Principal) throws -> Upload
    /// - Throws: not-found, also for another's.
    func upload(_ id: String, as principal: Principal) throws -> Upload
    /// The newest first.
    func uploads(
        client: String?, state: Upload.State?, after place: (createdAt: Int64, id: String)?, limit: Int, as principal: Principal
    ) throws -> [Upload]
    /// The records of its file, read as values.
    ///
    /// - Throws: not-found, also for another's and for a file that is gone; upload-closed.
    func records(of id: String, as principal: Principal) throws -> UploadRecords
    /// At most `limit` refused records behind `record`, in the file's order.
    ///
    /// - Parameter hold: called with the bytes of the page as the catalog keeps them, before they are taken and again as it grows; an error that it throws ends the reading.
    func rejections(of upload: Upload, after record: Int64, limit: Int, as principal: Principal, hold: (_ byteCount: Int) throws -> Void) throws -> RejectionPage
    /// For a caller with a signed link, whoever it is; nil where the upload is gone.
    func linked(_ id: String) throws -> Upload?
    /// - Parameters:
    ///   - isAnew: whether the file begins anew at 0, whatever is there; else `start` must be the end of what is there.
    ///   - isKept: whether bytes that come stay though their call breaks off; else only after `keep`.
    /// - Throws: upload-closed; upload-mismatch where `start` is not the place that is due.
    func receive(_ upload: Upload, from start: Int64, isAnew: Bool, isKept: Bool) throws -> UploadFile
    /// How many bytes of the file are here.
    func fileByteCount(_ id: String) -> Int64
    /// Ends the sending of a file: it is here whole, and is read from now on.
    ///
    /// - Throws: upload-mismatch, upload-closed.
    func finish(_ file: UploadFile, coding: StreamCoding?) throws -> Upload
    /// Ends an upload that waits for its file or is being read.
    func cancel(_ id: String, as principal: Principal) throws
    /// Begins to take back what an upload has changed in versioned tables.
    ///
    /// - Throws: immutable-table, upload-closed.
    func revert(_ id: String, as principal: Principal) throws -> Upload
    /// Begins to read files.
    ///
    /// - Parameter describe: an upload as JSON of the API, for webhooks.
    func start(describe: @escaping @Sendable (Upload) -> [UInt8])
}

extension Uploads: UploadKeeping {}

extension UploadKeeping {
    /// Where nobody counts the memory.
    package func rejections(of upload: Upload, after record: Int64, limit: Int, as principal: Principal) throws -> RejectionPage {
        try rejections(of: upload, after: record, limit: limit, as: principal) { _ in }
    }
}

/// The role of a store that has uploads.
package protocol UploadHolding: AnyObject, Sendable {
    var uploadKeeping: any UploadKeeping { get }
}
