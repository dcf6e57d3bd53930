// The zone in which the installation reads and shows times.
export default () => document.documentElement.dataset.zone || 'Asia/Shanghai';
