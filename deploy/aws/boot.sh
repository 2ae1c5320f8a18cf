#!/bin/bash
# Runs once on a new machine: its disk, which outlives it, then the package, then the service. Names in braces are the stack's, those without the shell's.
set -euxo pipefail
export DEBIAN_FRONTEND=noninteractive AWS_DEFAULT_REGION=${AWS::Region}
apt-get update -q
command -v aws || apt-get install -y -q --no-install-recommends awscli

token=$(curl -fsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' http://169.254.169.254/latest/api/token)
instance=$(curl -fsS -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/instance-id)
# The machine before this one may take a while to let go of it.
for try in $(seq 60); do
  aws ec2 attach-volume --volume-id ${Volume} --instance-id "$instance" --device ${Device} && break
  sleep 5
done
serial=$(echo ${Volume} | tr -d -)
for try in $(seq 60); do
  disk=$(readlink -f /dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_"$serial" || true)
  [ -b "$disk" ] && break
  sleep 2
done
[ -b "$disk" ]
# Only what has never held anything is formatted.
[ -n "$(lsblk -no FSTYPE "$disk")" ] || mkfs.ext4 -q -L till "$disk"
mkdir -p /var/lib/till
echo 'LABEL=till /var/lib/till ext4 defaults,noatime,nodev,nosuid,noexec 0 2' >> /etc/fstab
mount /var/lib/till

mkdir -p /etc/till
cat > /etc/till/till.json <<JSON
{
  "listen": "0.0.0.0:${Port}",
  "storage": {"url": "s3://${Bucket}/warehouse", "region": "${AWS::Region}", "cache": {"path": "/var/lib/till/cache", "bytes": "50GiB"}}
}
JSON
aws s3 cp "s3://${Bucket}/${Package}" /root/till.deb
apt-get install -y -q --no-install-recommends -o Dpkg::Options::=--force-confold /root/till.deb
# The mount point's own owner is what the package made of it before the disk was there.
chown till:till /var/lib/till
chmod 0700 /var/lib/till
systemctl restart till
