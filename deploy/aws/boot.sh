#!/bin/bash
# Runs once on a new machine: its disk, which outlives it, its name and its settings, then the package, then the service. Names in braces are the stack's, those without the shell's.
# What it does is in the machine's log line by line, so no secret may stand in a variable: they go from command to file.
set -Eeuxo pipefail
export DEBIAN_FRONTEND=noninteractive AWS_DEFAULT_REGION=${AWS::Region}
instance=
# An update of the stack waits for this word before it goes on to the other machine; at any other time nobody listens.
signal() { [ -z "$instance" ] || aws cloudformation signal-resource --stack-name ${AWS::StackName} --logical-resource-id Group${Letter} --unique-id "$instance" --status "$1" || true; }
trap 'signal FAILURE' ERR

apt() { apt-get -q -y -o DPkg::Lock::Timeout=300 "$@"; }
apt update
command -v aws || apt install --no-install-recommends awscli

# Good for five minutes, on this machine alone: all that is wanted by it is asked for here, before anything is waited for.
token=$(curl -fsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' http://169.254.169.254/latest/api/token)
metadata() { curl -fsS -H "X-aws-ec2-metadata-token: $token" "http://169.254.169.254/latest/meta-data/$1"; }
instance=$(metadata instance-id)
address=$(metadata local-ipv4)
# The machine before this one may take a while to let go of it.
for _ in $(seq 60); do
  aws ec2 attach-volume --volume-id ${Volume} --instance-id "$instance" --device ${Device} && break
  sleep 5
done
serial=$(echo ${Volume} | tr -d -)
for _ in $(seq 60); do
  disk=$(readlink -f /dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_"$serial" || true)
  [ -b "$disk" ] && break
  sleep 2
done
[ -b "$disk" ]
# Only what has never held anything is formatted. The disk itself is asked: it may have its name before udev has told what is on it, and of one that cannot be read nothing is known.
dd if="$disk" of=/dev/null bs=1M count=4 status=none
kind=0
blkid -p "$disk" || kind=$?
[ "$kind" != 2 ] || mkfs.ext4 -q -L till "$disk"
mkdir -p /var/lib/till
echo 'LABEL=till /var/lib/till ext4 defaults,noatime,nodev,nosuid,noexec 0 2' >> /etc/fstab
mount /var/lib/till
# DiskGiB may have been raised since the file system was made. One that does not grow holds what it held: the service starts.
resize2fs "$disk" || echo "the file system on $disk stays as small as it was" >&2

mkdir -p /etc/till /etc/default
# The operator's, the same on both machines.
install -m 0600 /dev/null /etc/default/till
{
  printf 'TILL_ADMIN_KEY='
  aws ssm get-parameter --with-decryption --name "/till/${AWS::StackName}/admin-key" --query Parameter.Value --output text
} > /etc/default/till
# The unit's reader of such files has words of its own for what is in quotes or behind a backslash.
grep -Eqx 'TILL_ADMIN_KEY=[A-Za-z0-9._~+/=-]{20,}' /etc/default/till

cluster=
if [ "${Machines}" = pair ]; then
  cluster=',
  "cluster": {
    "node": "${Node}", "peer": "${Peer}@${Peer}.${Domain}:${ClusterPort}", "listen": "0.0.0.0:${ClusterPort}", "config": "s3://${Bucket}/ctl",
    "tls": {"cert": "/etc/till/pair/${Node}.pem", "key": "/etc/till/pair/${Node}.pem", "ca": "/etc/till/pair/ca.pem"}
  }'
fi
# Of a bucket in the machine's own region nothing is to be said.
region=
[ "${LogRegion}" = "${AWS::Region}" ] || region=', "region": "${LogRegion}"'
lent=
[ -z "${LentRole}" ] || lent=',
  "iceberg": {"lent_role": "${LentRole}"}'
cat > /etc/till/till.json <<JSON
{
  "listen": "0.0.0.0:${Port}",
  "storage": {"url": "s3://${Bucket}/warehouse", "region": "${AWS::Region}", "cache": {"path": "/var/lib/till/cache", "bytes": "50GiB"}},
  "log": {"url": "s3://${LogBucket}/${LogFolder}"$region},
  "exports": {"url": "s3://${Bucket}/exports"}$cluster$lent
}
JSON

aws s3 cp "s3://${Bucket}/${Package}" /root/till.deb
# It is not to start before what it reads is there.
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d
apt install --no-install-recommends -o Dpkg::Options::=--force-confold /root/till.deb
rm /usr/sbin/policy-rc.d
# The user may have had another number on the machine before.
chown -R till:till /var/lib/till
chmod 0700 /var/lib/till

# timer NAME WHEN: runs /usr/local/sbin/NAME, across restarts of the machine too.
timer() {
  printf '[Service]\nType=oneshot\nExecStart=/usr/local/sbin/%s\n' "$1" > "/etc/systemd/system/$1.service"
  printf '[Timer]\nOnCalendar=%s\n[Install]\nWantedBy=timers.target\n' "$2" > "/etc/systemd/system/$1.timer"
  chmod 0755 "/usr/local/sbin/$1"
  systemctl enable --now "$1.timer"
}

if [ "${Machines}" = pair ]; then
  # The other machine asks for the name with each connection. Without it this one can still lead, with the bucket.
  record='{"Changes": [{"Action": "UPSERT", "ResourceRecordSet": {"Name": "${Node}.${Domain}", "Type": "A", "TTL": 5, "ResourceRecords": [{"Value": "'$address'"}]}}]}'
  for _ in $(seq 60); do
    aws route53 change-resource-record-sets --hosted-zone-id ${Zone} --change-batch "$record" && break
    sleep 5
  done

  cat > /usr/local/sbin/till-certificates <<'SCRIPT'
#!/bin/bash
# Brings this machine's certificate, with its key in the same file, and the authority's: what is new counts from the next connection on. What does not fit together takes nothing's place.
set -euo pipefail
umask 027
export AWS_DEFAULT_REGION=${AWS::Region}
cd /etc/till/pair
for name in ca ${Node}; do
  aws ssm get-parameter --with-decryption --name "/till/${AWS::StackName}/$name" --query Parameter.Value --output text > "$name.new"
done
openssl verify -CAfile ca.new -verify_hostname ${Node} ${Node}.new
[ "$(openssl x509 -in ${Node}.new -noout -pubkey)" = "$(openssl pkey -in ${Node}.new -pubout)" ]
for name in ca ${Node}; do
  chown root:till "$name.new"
  mv "$name.new" "$name.pem"
done
SCRIPT
  cat > /usr/local/sbin/till-figures <<'SCRIPT'
#!/bin/bash
# What no service of AWS sees by itself: how many machines have all that was acknowledged, of how many seconds the log's place lacks what came, and for how many days the certificates are good.
set -euo pipefail
export AWS_DEFAULT_REGION=${AWS::Region}
figure() { printf '{"MetricName": "%s", "Value": %s, "Dimensions": [{"Name": "Store", "Value": "${AWS::StackName}"}]}' "$1" "$2"; }
soonest=
for name in ca ${Node}; do
  end=$(date -d "$(openssl x509 -in /etc/till/pair/$name.pem -noout -enddate | cut -d= -f2)" +%s)
  days=$(((end - $(date +%s)) / 86400))
  if [ -z "$soonest" ] || [ "$days" -lt "$soonest" ]; then soonest=$days; fi
done
figures=$(figure CertificateDays "$soonest")
# A server that gives no answer is missed by its figure.
if said=$(curl -sS -m 10 http://127.0.0.1:${Port}/readyz | python3 -c 'import json, sys; said = json.load(sys.stdin); print(len(said["insync"]), (said.get("archive") or {}).get("lag_seconds", ""))'); then
  read -r count lag <<< "$said"
  figures="$figures, $(figure InSync "$count")"
  [ -z "$lag" ] || figures="$figures, $(figure ArchiveLag "$lag")"
fi
aws cloudwatch put-metric-data --namespace Till --metric-data "[$figures]"
SCRIPT
  mkdir -p /etc/till/pair
  chown root:till /etc/till/pair
  chmod 0750 /etc/till/pair
  timer till-certificates hourly
  timer till-figures minutely
  /usr/local/sbin/till-certificates
fi

if [ "${Machines}:${Found}" = pair:yes ]; then
  if [ -e /var/lib/till/catalog.sqlite ] && [ ! -e /var/lib/till/cluster/fold ]; then
    # A store that is no member's, which happens once. As the unit would: its user, its variables.
    systemd-run --quiet --wait --pipe --uid=till --gid=till -p EnvironmentFile=/etc/default/till -p UMask=0077 \
      /usr/bin/till cluster found --data /var/lib/till --config /etc/till/till.json
  elif [ ! -e /var/lib/till/cluster ]; then
    # Nothing to found with. Where there is a pair this machine joins it, with a new disk maybe; else an empty store would begin in place of the one that was meant.
    objects=$(aws s3api list-objects-v2 --bucket ${Bucket} --prefix ctl/ --max-keys 1 --no-paginate --query 'length(Contents || `[]`)' --output text)
    [ "$objects" != 0 ]
  fi
fi

# Not waited for: a start may take as long as it must, and what waits below ends.
systemctl restart --no-block till
# It serves, or has all that was acknowledged: only then the other one may be taken away. A machine whose disk is new is sent everything first.
for _ in $(seq 660); do
  code=$(curl -s -m 5 -o /run/till-ready -w '%{http_code}' http://127.0.0.1:${Port}/readyz || true)
  if [ "$code" = 200 ] || grep -qs '"insync":\[[^]]*"${Node}"' /run/till-ready; then
    signal SUCCESS
    exit 0
  fi
  sleep 5
done
signal FAILURE
exit 1
