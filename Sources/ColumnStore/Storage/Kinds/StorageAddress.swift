/// A place of objects, and how this process comes to it.
package struct StorageAddress: Sendable {
    /// Of its kind: `StorageKind.has`.
    package let url: String
    package let settings: StorageSettings
    /// Of the process; no empty ones.
    package let environment: [String: String]
    /// How long a request may take, where there are requests.
    package let options: BucketOptions
    /// nil: what is not of the place itself is not believed.
    package let cache: WarehouseCache?

    package init(_ url: String, _ settings: StorageSettings, environment: [String: String] = [:], options: BucketOptions = BucketOptions(), cache: WarehouseCache? = nil) {
        (self.url, self.settings, self.environment, self.options, self.cache) = (url, settings, environment, options, cache)
    }
}

/// Without settings and environment, however it comes into a log: keys are among them.
extension StorageAddress: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { url }
    package var debugDescription: String { url }
    package var customMirror: Mirror { Mirror(self, children: ["url": url]) }
}
