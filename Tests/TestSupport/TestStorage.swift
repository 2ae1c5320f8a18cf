import ColumnStore
import Foundation

/// Where the stores of system tests have their cold tables: in their directories, or, with `TILL_TEST_STORAGE` set to `double`, `moto` or `rclone`, in
/// a bucket that all of a run share. Each store has a prefix of its own there, that follows from its directory.
package final class TestStorage: Sendable {
    /// nil: in their directories.
    package static let shared: TestStorage? = make()

    package let endpoint: String
    /// Proof: kept alive only; whoever made it is done with it.
    private nonisolated(unsafe) let server: AnyObject
    /// As the bucket that nobody else wrote is: to look into it.
    package let double: BucketDouble?

    private init(endpoint: String, server: AnyObject, double: BucketDouble? = nil) {
        (self.endpoint, self.server, self.double) = (endpoint, server, double)
    }

    private static func make() -> TestStorage? {
        guard let name = ProcessInfo.processInfo.environment["TILL_TEST_STORAGE"] else { return nil }
        if name == "double" {
            let double = BucketDouble()
            return TestStorage(endpoint: double.endpoint, server: double, double: double)
        }
        guard let kind = ForeignBucket.Kind(rawValue: name) else { fatalError("TILL_TEST_STORAGE is double, moto or rclone, not \(name)") }
        do {
            let bucket = try ForeignBucket(kind)
            atexit { TestStorage.shared?.close() }
            if kind == .moto { _ = try Subprocess("/usr/bin/curl", ["-s", "-X", "PUT", "\(bucket.endpoint)/receipts"]) }
            return TestStorage(endpoint: bucket.endpoint, server: bucket)
        } catch { fatalError("\(error)") }
    }

    private func close() { (server as? ForeignBucket)?.close() }

    private static func prefix(_ data: String) -> String {
        // A path may be given with a link in it, or relative.
        let whole = URL(fileURLWithPath: data).standardizedFileURL.path
        return BucketDouble.hexadecimal(Array(SHA256.hash(Array(whole.utf8)).prefix(8)))
    }

    package func environment(data: String) -> [String: String] {
        [
            "TILL_STORAGE_URL": "s3://receipts/\(Self.prefix(data))", "TILL_STORAGE_ENDPOINT": endpoint, "TILL_STORAGE_REGION": "eu-central-1",
            "TILL_STORAGE_PATH_STYLE": "true",
            "TILL_STORAGE_CREDENTIALS": #"{"access_key_id":"AKIADOUBLE","secret_access_key":"double/secret+key"}"#,
        ]
    }
}
