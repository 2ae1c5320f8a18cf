extension StorageKind {
    /// S3, and what speaks as it does.
    package static let bucket = StorageKind(scheme: "s3://", form: "s3://bucket/prefix", isRemote: true, settings: BucketSettings.all) { (address) throws(ColumnStoreError) in
        let settings = BucketSettings(address)
        let endpoint = try BucketEndpoint(url: address.url, endpoint: settings.endpoint, region: settings.region, isPathStyle: settings.isPathStyle)
        let transport = OutgoingClient(policy: nil)
        let client = BucketClient(endpoint, region: settings.region, credentials: settings.chain(transport), transport: transport, options: address.options)
        return BucketStorageFactory(client, cache: address.cache)
    }
}

/// What the settings and the environment say of buckets.
package struct BucketSettings {
    static let all = [
        StorageSetting("endpoint", .url), StorageSetting("region", .text), StorageSetting("path_style", .flag),
        StorageSetting("credentials", .members(["access_key_id", "secret_access_key"], ["session_token"])),
    ]

    package let region: String
    /// nil: AWS.
    package let endpoint: String?
    package let isPathStyle: Bool
    private let credentials: AWSCredentials?
    private let environment: [String: String]

    package init(_ address: StorageAddress) {
        let settings = address.settings
        environment = address.environment
        region = settings["region"] ?? environment[present: "AWS_REGION"] ?? environment[present: "AWS_DEFAULT_REGION"] ?? "us-east-1"
        endpoint = settings["endpoint"] ?? environment[present: "AWS_ENDPOINT_URL_S3"]
        isPathStyle = settings.flag("path_style")
        credentials = settings["credentials.access_key_id"].map {
            AWSCredentials(accessKeyID: $0, secretAccessKey: settings["credentials.secret_access_key"] ?? "", sessionToken: settings["credentials.session_token"])
        }
    }

    /// This program's own keys.
    package func chain(_ transport: OutgoingClient) -> CredentialChain { CredentialChain(settings: credentials, environment: environment, region: region, client: transport) }
}
